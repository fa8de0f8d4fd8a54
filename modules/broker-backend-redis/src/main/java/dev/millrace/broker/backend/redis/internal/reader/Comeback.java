package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an entry that was parked carries with it, in a field of its own that nobody sees: {@code
 * deliveries origin note}. See {@code reader-unpark.lua}.
 *
 * @param deliveries how often it had been delivered when it was parked
 * @param origin the id that it had in the group's stream
 * @param note the one it was parked with, or empty
 */
record Comeback(long deliveries, String origin, String note) {
  private static final String FIELD = "_millrace:retry";
  private static final Pattern FORM = Pattern.compile("(\\d{1,18}) (\\S+) (.*)", Pattern.DOTALL);

  /** Takes the field away. Null: it was not parked. */
  static @Nullable Comeback takeFrom(Map<String, byte[]> fields) {
    byte[] about = fields.get(FIELD);
    if (about == null) {
      return null;
    }
    Matcher found = FORM.matcher(new String(about, UTF_8));
    if (!found.matches()) {
      // A foreign writer's own field of that name.
      return null;
    }
    fields.remove(FIELD);
    return new Comeback(Long.parseLong(found.group(1)), found.group(2), found.group(3));
  }
}
