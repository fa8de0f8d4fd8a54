package dev.millrace.app;

import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace stream explain}. */
@Command(
    name = "explain",
    description = "Tells what would go from a stream now, what stays, and why. Changes nothing.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "What a program's code says of its stream is not stored on the server: give what differs from",
      "the defaults as options. What was changed at run time is stored, and beats them."
    })
final class StreamExplainCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();
  @Mixin private RetentionOptions code = new RetentionOptions();

  @Parameters(paramLabel = "NAME", description = "The stream.")
  private String stream = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    var config = StreamCommand.config().retention(stream, code.policy()).build();
    try (StreamManager manager = StreamManager.connect(server.url(), config)) {
      ReportText.of(manager.explainRetention(stream)).forEach(out::println);
    }
    out.flush();
    return 0;
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
