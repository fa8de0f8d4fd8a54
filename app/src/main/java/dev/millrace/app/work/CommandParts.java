package dev.millrace.app.work;

import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.ReplyParts;
import dev.millrace.broker.api.StreamingRequestHandler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * As {@link CommandAnswer}, where each line that the command prints is a part of the answer and
 * goes out at once. Thread-safe.
 */
public final class CommandParts implements StreamingRequestHandler<Message, Object> {
  private final String command;
  private final Function<String, Object> parse;

  /**
   * Runs this command.
   *
   * @param parse makes a value of a line, or throws a RemoteFailedException
   */
  public CommandParts(String command, Function<String, Object> parse) {
    this.command = command;
    this.parse = parse;
  }

  @Override
  public void answer(Message query, ReplyParts<Object> parts) throws Exception {
    var refused = new AtomicReference<@Nullable RuntimeException>();
    Shell.Ended ended =
        new Shell(command)
            .with(query)
            .run(Payloads.bytes(query), stdout -> send(stdout, parts, refused));
    RuntimeException broken = refused.get();
    if (broken != null) {
      throw broken;
    }
    if (ended.exitCode() != 0) {
      throw CommandAnswer.failure(ended);
    }
  }

  /** To close the pipe ends a command whose parts nobody takes any more. */
  private void send(
      InputStream stdout,
      ReplyParts<Object> parts,
      AtomicReference<@Nullable RuntimeException> refused)
      throws IOException {
    var lines = new BufferedReader(new InputStreamReader(stdout, StandardCharsets.UTF_8));
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          parts.send(parse.apply(line));
        }
      }
    } catch (RuntimeException cannot) {
      refused.set(cannot);
    }
  }
}
