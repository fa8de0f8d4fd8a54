package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace stream}: the parent of what can be asked and changed about a stream. */
@Command(
    name = "stream",
    description = "Tells what goes from a stream and why, and changes how long it keeps entries.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      StreamExplainCommand.class,
      StreamRetentionCommand.class,
      StreamDropsCommand.class
    })
final class StreamCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Which command? One of " + String.join(", ", spec.subcommands().keySet()));
  }

  /**
   * Says that there is no such stream.
   *
   * @param more what else to do than to look at the name; may be empty
   * @return the exit code
   */
  static int notThere(CommandSpec command, String stream, String more) {
    String text = "millrace: there is no stream '" + Names.printable(stream) + "'. Check the name.";
    command.commandLine().getErr().println(text + (more.isEmpty() ? "" : " " + more));
    return Failures.FAILED;
  }

  static BrokerConfig.Builder config() {
    return BrokerConfig.builder().appName("millrace-stream");
  }

  static StreamManager connect(String url) {
    return StreamManager.connect(url, config().build());
  }
}
