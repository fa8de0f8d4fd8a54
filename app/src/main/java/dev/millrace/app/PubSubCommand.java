package dev.millrace.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace pubsub}: the parent of what can be done with events. */
@Command(
    name = "pubsub",
    description = "Publishes events, prints those that come, and tells for whom they are kept.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PubCommand.class,
      SubCommand.class,
      DurableNamesCommand.class,
      ForgetCommand.class
    })
final class PubSubCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Which command? One of " + String.join(", ", spec.subcommands().keySet()));
  }
}
