package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.StartPosition;
import java.time.Instant;

/** Ids of stream entries: {@code milliseconds-sequence}. */
public final class StreamIds {
  private static final String LAST_SEQUENCE = "18446744073709551615";

  private StreamIds() {}

  /** The id up to which a group has read that begins there, as XGROUP takes it. */
  public static String readUpTo(StartPosition start) {
    return switch (start) {
      case StartPosition.Beginning beginning -> "0";
      case StartPosition.Latest latest -> "$";
      case StartPosition.After after -> after.position();
      case StartPosition.At at -> before(at.time());
    };
  }

  /** Which is older, of ids as the server writes them. */
  public static int compare(String a, String b) {
    int dash = a.indexOf('-');
    int longer = dash - b.indexOf('-');
    if (longer != 0) {
      return longer;
    }
    // Numbers of as many digits stand in order as texts do.
    int millis = a.substring(0, dash).compareTo(b.substring(0, dash));
    if (millis != 0) {
      return millis;
    }
    return a.length() == b.length() ? a.compareTo(b) : a.length() - b.length();
  }

  private static String before(Instant time) {
    long millis = time.toEpochMilli();
    return millis <= 0 ? "0" : (millis - 1) + "-" + LAST_SEQUENCE;
  }
}
