package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.StartPosition;

/** Where a new group begins, as XGROUP CREATE wants it: the id before the first to be delivered. */
final class Starts {
  private static final String LAST_OF_A_MILLISECOND = "-18446744073709551615";

  private Starts() {}

  static String id(StartPosition start) {
    return switch (start) {
      case StartPosition.Beginning() -> "0";
      case StartPosition.Latest() -> "$";
      case StartPosition.After(String position) -> position;
      case StartPosition.At(var time) ->
          time.toEpochMilli() <= 0 ? "0" : (time.toEpochMilli() - 1) + LAST_OF_A_MILLISECOND;
    };
  }
}
