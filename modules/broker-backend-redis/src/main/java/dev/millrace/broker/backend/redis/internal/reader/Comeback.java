package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

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

  /** From a field. Null: it is another one, or a foreign writer's own of that name. */
  static @Nullable Comeback of(String name, byte[] value) {
    if (!name.equals(FIELD)) {
      return null;
    }
    Matcher found = FORM.matcher(new String(value, UTF_8));
    return found.matches()
        ? new Comeback(Long.parseLong(found.group(1)), found.group(2), found.group(3))
        : null;
  }
}
