package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a node says of a slot that another one has. */
final class Moved {
  private static final Pattern TEXT = Pattern.compile("MOVED \\d+ (.+):(\\d{1,5})");

  private Moved() {}

  /** Who has it; empty: it was another error, or the node does not say. */
  static Optional<Node> to(Throwable error) {
    Matcher text = TEXT.matcher(String.valueOf(RedisErrors.unwrap(error).getMessage()));
    return text.matches()
        ? Optional.of(new Node(text.group(1), Integer.parseInt(text.group(2))))
        : Optional.empty();
  }
}
