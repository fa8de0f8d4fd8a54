package dev.millrace.app.work;

import dev.millrace.app.Processes;
import dev.millrace.broker.api.Message;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shell command for one message. Whoever waits for it and is interrupted takes its processes with
 * it. Used by one thread.
 */
final class Shell {
  private static final Logger LOG = LoggerFactory.getLogger(Shell.class);
  private static final int STDERR_KEPT = 2048;
  private static final Duration GRACE = Duration.ofSeconds(3);

  /** A process left behind in the background may keep a pipe open; it is not waited for. */
  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  private final String command;
  private final Map<String, String> environment = new LinkedHashMap<>();

  /** Reads what a command prints, to its end. */
  interface Output {
    /** On a thread of its own. */
    void read(InputStream stdout) throws IOException;
  }

  /**
   * How a command ended.
   *
   * @param stderr the end of what it wrote there, in one line
   */
  record Ended(int exitCode, String stderr) {}

  Shell(String command) {
    this.command = command;
  }

  /** Tells the command which message it is for. */
  Shell with(Message message) {
    return set("MILLRACE_MESSAGE_ID", message.id())
        .set("MILLRACE_TYPE", message.type().orElse(""))
        .set("MILLRACE_STREAM", message.stream());
  }

  Shell set(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Runs it to its end; what it prints goes there. */
  Ended run(byte[] input, ProcessBuilder.Redirect output) throws Exception {
    return ended(start(output), input);
  }

  /** Runs it, and reads what it and those that it left in the background print, to the end. */
  Ended run(byte[] input, Output output) throws Exception {
    Process process = start(ProcessBuilder.Redirect.PIPE);
    Thread reader = reading("command-stdout", process.getInputStream(), output);
    Ended ended = ended(process, input);
    // Nobody knows but by its end whether the answer is whole.
    reader.join();
    return ended;
  }

  private Process start(ProcessBuilder.Redirect output) throws IOException {
    var builder =
        new ProcessBuilder(Processes.apart(List.of("sh", "-c", command))).redirectOutput(output);
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Ended ended(Process process, byte[] input) throws InterruptedException {
    var stderr = new Tail(STDERR_KEPT);
    Thread reader = reading("command-stderr", process.getErrorStream(), stderr::readAll);
    // A command that reads nothing must not hold the handler up, so that its end is seen.
    feed(process.getOutputStream(), input);
    try {
      int exit = process.waitFor();
      reader.join(LAST_WORDS);
      return new Ended(exit, stderr.text());
    } catch (InterruptedException cancelled) {
      end(process);
      throw cancelled;
    }
  }

  private static Thread reading(String name, InputStream in, Output output) {
    return Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try (in) {
                output.read(in);
              } catch (IOException closed) {
                LOG.debug("{} ended early", name, closed);
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
