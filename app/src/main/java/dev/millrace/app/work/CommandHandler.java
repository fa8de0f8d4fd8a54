package dev.millrace.app.work;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a shell command for each message, with the payload on its standard input. Exit code 0
 * acknowledges, any other is a failure. A delivery that is cancelled takes its processes with it.
 * Thread-safe.
 */
public final class CommandHandler implements OutcomeHandler<Message> {
  private static final Logger LOG = LoggerFactory.getLogger(CommandHandler.class);

  private final String command;
  private final ProcessBuilder.Redirect output;

  /** Runs this command; what it prints goes to this program's standard output. */
  public CommandHandler(String command) {
    this(command, ProcessBuilder.Redirect.INHERIT);
  }

  CommandHandler(String command, ProcessBuilder.Redirect output) {
    this.command = command;
    this.output = output;
  }

  @Override
  public Outcome handle(Message message, Delivery delivery) throws Exception {
    try {
      var shell =
          new Shell(command)
              .with(message)
              .set("MILLRACE_ATTEMPT", Integer.toString(delivery.attempt()));
      Shell.Ended ended = shell.run(Payloads.bytes(message), output);
      if (ended.exitCode() != 0) {
        throw new CommandFailedException(
            message.type().orElse("-"), ended.exitCode(), ended.stderr());
      }
      if (!ended.stderr().isEmpty()) {
        LOG.info("message {} done, the command wrote to stderr: {}", message.id(), ended.stderr());
      }
      return Outcome.done();
    } catch (InterruptedException cancelled) {
      LOG.warn("message {} was taken away; its command is stopped", message.id());
      throw cancelled;
    }
  }
}
