package dev.millrace.app.work;

import dev.millrace.app.Processes;
import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a shell command for each message, with the payload on its standard input. Exit code 0
 * acknowledges, any other is a failure. A delivery that is cancelled takes its processes with it.
 * Thread-safe.
 */
public final class CommandHandler implements OutcomeHandler<Message> {
  private static final Logger LOG = LoggerFactory.getLogger(CommandHandler.class);
  private static final int STDERR_KEPT = 2048;
  private static final Duration GRACE = Duration.ofSeconds(3);

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
    Process process = start(message, delivery);
    var stderr = new Tail(STDERR_KEPT);
    Thread reader = drain(process.getErrorStream(), stderr);
    // A command that reads nothing must not hold the handler up, so that its end is seen.
    feed(process.getOutputStream(), Payloads.bytes(message));
    try {
      int exit = process.waitFor();
      // A process left behind in the background may keep stderr open; it is not waited for.
      reader.join(Duration.ofMillis(500));
      if (exit != 0) {
        throw new CommandFailedException(message.type().orElse("-"), exit, stderr.text());
      }
      if (!stderr.text().isEmpty()) {
        LOG.info("message {} done, the command wrote to stderr: {}", message.id(), stderr.text());
      }
      return Outcome.done();
    } catch (InterruptedException cancelled) {
      LOG.warn("message {} was taken away; its command is stopped", message.id());
      end(process);
      throw cancelled;
    }
  }

  private Process start(Message message, Delivery delivery) throws IOException {
    var builder =
        new ProcessBuilder(Processes.apart(List.of("sh", "-c", command))).redirectOutput(output);
    var environment = builder.environment();
    environment.put("MILLRACE_MESSAGE_ID", message.id());
    environment.put("MILLRACE_ATTEMPT", Integer.toString(delivery.attempt()));
    environment.put("MILLRACE_TYPE", message.type().orElse(""));
    environment.put("MILLRACE_STREAM", message.stream());
    return builder.start();
  }

  private static Thread drain(InputStream in, Tail tail) {
    return Thread.ofVirtual()
        .name("command-stderr")
        .start(
            () -> {
              try (in) {
                tail.readAll(in);
              } catch (IOException closed) {
                LOG.debug("stderr of a command ended early", closed);
              }
            });
  }

  private static void feed(OutputStream stdin, byte[] payload) {
    Thread.ofVirtual()
        .name("command-stdin")
        .start(
            () -> {
              try (stdin) {
                stdin.write(payload);
              } catch (IOException notRead) {
                LOG.debug("a command ended before it had read its input", notRead);
              }
            });
  }

  /** The shell and what it started: asked first, then killed. Called on an interrupted thread. */
  private static void end(Process process) {
    var all = process.descendants().toList();
    process.destroy();
    all.forEach(ProcessHandle::destroy);
    boolean ended = false;
    try {
      ended = process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException hurry) {
      LOG.debug("no time to wait for a command to end", hurry);
    }
    if (!ended) {
      process.destroyForcibly();
    }
    all.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
  }
}
