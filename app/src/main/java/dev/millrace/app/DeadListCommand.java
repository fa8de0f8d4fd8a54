package dev.millrace.app;

import dev.millrace.broker.api.DeadLetter;
import dev.millrace.broker.api.DeadLetters;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace dead list}. */
@Command(
    name = "list",
    description = "Prints a line for each dead letter, the oldest first.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "A line has, between tabs: when it died, the message's id, the fingerprint of the error,",
      "attempts, how often it was redriven, and why it died."
    })
final class DeadListCommand implements Callable<Integer>, Verbose {
  private static final int PAGE = 100;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServerOptions server = new ServerOptions();
  @Mixin private GroupOptions group = new GroupOptions();

  @Option(
      names = "--max",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many at most. Default: ${DEFAULT-VALUE}.")
  private long max = 100;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (StreamManager manager = DeadCommand.connect(server.url())) {
      DeadLetters dead = manager.deadLetters(server.stream(), group.group());
      long left = max;
      List<DeadLetter> page = left < 1 ? List.of() : dead.list((int) Math.min(PAGE, left));
      while (!page.isEmpty()) {
        page.forEach(letter -> DeadCommand.print(out, letter));
        left -= page.size();
        page =
            left < 1
                ? List.of()
                : dead.listAfter(page.getLast().position(), (int) Math.min(PAGE, left));
      }
    }
    out.flush();
    return 0;
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
