package dev.millrace.broker.streams;

import dev.millrace.broker.api.DeadLetter;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History.Recorded;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads what {@link DeadLetters} wrote on a letter, and takes it off again. */
final class LetterHeaders {
  private static final String DEAD = "dead.";
  private static final String REDRIVEN = "redriven";

  private LetterHeaders() {}

  /**
   * The letter as people see it.
   *
   * @param origin where letters come from that do not say it
   */
  static DeadLetter read(Recorded recorded, GroupRef origin) {
    Map<String, String> headers = recorded.entry().headers();
    String position = recorded.position().value();
    String reason = headers.getOrDefault("dead.reason", "unknown: it says nothing of it");
    Optional<String> error = Optional.ofNullable(headers.get("dead.error"));
    Optional<String> stack = Optional.ofNullable(headers.get("dead.stack"));
    return new DeadLetter(
        position,
        recorded.entry().id().orElse(position),
        recorded.entry().type(),
        headers.getOrDefault("dead.stream", origin.stream()),
        headers.getOrDefault("dead.group", origin.group()),
        reason,
        error,
        stack,
        Fingerprint.of(reason, error, stack),
        number(headers.get("dead.attempts")),
        time(headers.get("dead.at")),
        number(headers.get(REDRIVEN)));
  }

  /** The message as it was, with one more redrive on its account. */
  static Entry redriven(Entry entry, DeadLetter letter) {
    var headers = new LinkedHashMap<String, String>();
    entry
        .headers()
        .forEach(
            (name, value) -> {
              if (!name.startsWith(DEAD)) {
                headers.put(name, value);
              }
            });
    headers.put(REDRIVEN, Integer.toString(letter.redriven() + 1));
    return new Entry(
        letter.id(), entry.type().orElse(null), entry.key().orElse(null), headers, entry.fields());
  }

  /** How often it had been delivered; tokens of later deliveries have to be above. */
  static int deliveries(Entry entry, DeadLetter letter) {
    return Math.max(letter.attempts(), number(entry.headers().get("dead.deliveries")));
  }

  private static int number(@org.jspecify.annotations.Nullable String text) {
    try {
      return text == null ? 0 : Math.max(0, Integer.parseInt(text));
    } catch (NumberFormatException foreign) {
      return 0;
    }
  }

  private static Instant time(@org.jspecify.annotations.Nullable String text) {
    try {
      return text == null ? Instant.EPOCH : Instant.parse(text);
    } catch (DateTimeException foreign) {
      return Instant.EPOCH;
    }
  }
}
