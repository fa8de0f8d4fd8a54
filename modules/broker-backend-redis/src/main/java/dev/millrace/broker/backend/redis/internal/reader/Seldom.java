package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Lets the first of many lines that say the same pass, and later one in a while. Thread-safe. */
final class Seldom {
  private static final Duration WHILE = Duration.ofMinutes(10);

  private final BrokerClock clock;
  private final Map<String, Long> said = new ConcurrentHashMap<>();

  Seldom(BrokerClock clock) {
    this.clock = clock;
  }

  /**
   * Whether this is to be said now.
   *
   * @param what a kind of line; there are few
   */
  boolean says(String what) {
    long now = clock.nanoTime();
    Long before = said.putIfAbsent(what, now);
    return before == null || (now - before >= WHILE.toNanos() && said.replace(what, before, now));
  }
}
