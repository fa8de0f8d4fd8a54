package dev.millrace.broker.streams;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Entry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is written on a dead letter: its own fields, id, type and key as they were, and headers that
 * say why it is there.
 */
final class DeadLetters {
  private static final int MAX_TEXT = 512;
  private static final int MAX_STACK = 4_096;

  private DeadLetters() {}

  static Entry of(
      Attempt attempt,
      String group,
      String reason,
      @Nullable Throwable error,
      int attempts,
      Instant now) {
    var why = new LinkedHashMap<String, String>();
    why.put("dead.reason", bounded(reason, MAX_TEXT));
    why.put("dead.attempts", Integer.toString(attempts));
    // Fencing tokens rise with deliveries, also after a redrive.
    why.put("dead.deliveries", Integer.toString(attempt.attempt()));
    why.put("dead.stream", attempt.message().stream());
    why.put("dead.group", group);
    why.put("dead.position", attempt.message().position());
    why.put("dead.at", now.toString());
    if (attempt.tally().suspicious()) {
      why.put("dead.crashes", Integer.toString(attempt.tally().crashes()));
    }
    if (error != null) {
      why.put("dead.error", error.getClass().getName());
      why.put("dead.stack", bounded(stack(error), MAX_STACK));
    }
    return attempt.received().entry().withId(attempt.message().id()).withHeaders(why);
  }

  /** An error in one bounded line; our own errors already say all that matters. */
  static String describe(Throwable error) {
    String text =
        error.getMessage() == null ? "" : error.getMessage().lines().findFirst().orElse("");
    String kind = error instanceof BrokerException ? "" : error.getClass().getSimpleName();
    String joint = kind.isEmpty() || text.isEmpty() ? "" : ": ";
    return kind + joint + Names.printable(text, MAX_TEXT);
  }

  private static String stack(Throwable error) {
    var text = new StringWriter();
    error.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static String bounded(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most);
  }
}
