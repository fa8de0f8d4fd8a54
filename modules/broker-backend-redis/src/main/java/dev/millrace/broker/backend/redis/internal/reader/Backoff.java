package dev.millrace.broker.backend.redis.internal.reader;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Growing delays with jitter. Guarded by whoever owns it. */
final class Backoff {
  private final long leastMillis;
  private final long mostMillis;
  private long next;

  Backoff(long leastMillis, long mostMillis) {
    this.leastMillis = leastMillis;
    this.mostMillis = mostMillis;
    this.next = leastMillis;
  }

  Duration next() {
    long base = next;
    next = Math.min(mostMillis, base * 2);
    return jittered(Duration.ofMillis(base));
  }

  void reset() {
    next = leastMillis;
  }

  boolean fresh() {
    return next == leastMillis;
  }

  /** Half of it to all of it, so that many do not come at once. */
  static Duration jittered(Duration base) {
    double factor = 0.5 + ThreadLocalRandom.current().nextDouble() / 2;
    return Duration.ofNanos((long) (base.toNanos() * factor));
  }
}
