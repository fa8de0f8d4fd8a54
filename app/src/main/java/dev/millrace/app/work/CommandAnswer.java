package dev.millrace.app.work;

import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.RequestHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a request with what a shell command prints, the query on its standard input. Any exit
 * code but 0 is an error for the caller, with the end of what it wrote to standard error. A request
 * that is cancelled takes its processes with it. Thread-safe.
 */
public final class CommandAnswer implements RequestHandler<Message, Object> {
  private static final Logger LOG = LoggerFactory.getLogger(CommandAnswer.class);
  private static final int LONGEST = 1 << 20;
  private static final int MOST_TOLD = 900;

  private final String command;
  private final Function<String, Object> parse;

  /**
   * Runs this command.
   *
   * @param parse makes a value of what the command printed, or throws a RemoteFailedException
   */
  public CommandAnswer(String command, Function<String, Object> parse) {
    this.command = command;
    this.parse = parse;
  }

  @Override
  public Object answer(Message query) throws Exception {
    var printed = new Printed();
    Shell.Ended ended = new Shell(command).with(query).run(Payloads.bytes(query), printed::read);
    if (ended.exitCode() != 0) {
      throw failure(ended);
    }
    if (!ended.stderr().isEmpty()) {
      LOG.info("request {} answered, the command wrote to stderr: {}", query.id(), ended.stderr());
    }
    return parse.apply(printed.text());
  }

  /** What a caller is told of a command that failed. */
  static RemoteFailedException failure(Shell.Ended ended) {
    String text = ended.stderr();
    // A longer one would lose its end, which tells most.
    String end = text.length() > MOST_TOLD ? "…" + text.substring(text.length() - MOST_TOLD) : text;
    return new RemoteFailedException(
        "EXIT_" + ended.exitCode(), end.isEmpty() ? "the command wrote nothing to stderr" : end);
  }

  /** What a command prints, up to as much as a message may have. */
  private static final class Printed {
    // Guards the bytes: a process left in the background may print when they are asked for.
    private final ReentrantLock lock = new ReentrantLock();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void read(InputStream stdout) throws IOException {
      byte[] buffer = new byte[8192];
      for (int n = stdout.read(buffer); n >= 0; n = stdout.read(buffer)) {
        lock.lock();
        try {
          bytes.write(buffer, 0, Math.min(n, LONGEST + 1 - bytes.size()));
        } finally {
          lock.unlock();
        }
      }
    }

    String text() {
      lock.lock();
      try {
        if (bytes.size() > LONGEST) {
          throw new RemoteFailedException(
              "BAD_ANSWER", "the command printed more than " + LONGEST + " bytes");
        }
        return bytes.toString(StandardCharsets.UTF_8);
      } finally {
        lock.unlock();
      }
    }
  }
}
