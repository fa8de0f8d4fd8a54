package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.DeadLetter;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace dead}: the parent of what can be done with dead letters. */
@Command(
    name = "dead",
    description = "Lists the messages that a group gave up, and sends them back to it.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DeadListCommand.class, DeadRedriveCommand.class})
final class DeadCommand implements Runnable {
  private static final int REASON = 200;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Which command? One of " + String.join(", ", spec.subcommands().keySet()));
  }

  static StreamManager connect(String url) {
    return StreamManager.connect(url, BrokerConfig.builder().appName("millrace-dead").build());
  }

  /** One line: when, id, fingerprint, attempts, redrives, why. */
  static void print(PrintWriter out, DeadLetter letter) {
    out.println(
        letter.at()
            + "\t"
            + Names.printable(letter.id(), REASON)
            + "\t"
            + letter.fingerprint()
            + "\tattempts="
            + letter.attempts()
            + "\tredriven="
            + letter.redriven()
            + "\t"
            + Names.printable(letter.reason(), REASON));
  }
}
