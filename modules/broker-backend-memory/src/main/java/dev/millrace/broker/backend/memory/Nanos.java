package dev.millrace.broker.backend.memory;

import java.time.Duration;

/** Durations as nanoseconds that can be added to a monotonic reading without overflow. */
final class Nanos {
  // 73 years: far beyond any lease, and a quarter of the range in which readings can be compared.
  private static final long MOST = Long.MAX_VALUE / 4;
  private static final Duration LONGEST = Duration.ofNanos(MOST);

  private Nanos() {}

  static long of(Duration duration) {
    if (duration.isNegative()) {
      return 0;
    }
    return duration.compareTo(LONGEST) > 0 ? MOST : duration.toNanos();
  }
}
