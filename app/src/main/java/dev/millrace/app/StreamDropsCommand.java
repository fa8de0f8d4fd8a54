package dev.millrace.app;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace stream drops}. */
@Command(
    name = "drops",
    description = "Prints what a drop policy took from groups that had not read it, newest first.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "A line has, between tabs: when, the group, how many messages, the first and the last position."
    })
final class StreamDropsCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();

  @Parameters(paramLabel = "NAME", description = "The stream.")
  private String stream = "";

  @Option(
      names = "--max",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many at most. Default: ${DEFAULT-VALUE}; about 1,000 are kept.")
  private int max = 100;

  @Override
  public Integer call() {
    List<Drop> drops;
    try (StreamManager manager = StreamCommand.connect(server.url())) {
      drops = manager.drops(stream, max);
      if (drops.isEmpty() && !manager.streamExists(stream)) {
        return StreamCommand.notThere(spec, stream, "");
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    drops.forEach(drop -> out.println(line(drop)));
    out.flush();
    if (drops.isEmpty()) {
      spec.commandLine().getErr().println("Nothing was dropped.");
    }
    return 0;
  }

  static String line(Drop drop) {
    return String.join(
        "\t",
        drop.at().toString(),
        Names.printable(drop.group()),
        String.valueOf(drop.messages()),
        drop.first(),
        drop.last());
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
