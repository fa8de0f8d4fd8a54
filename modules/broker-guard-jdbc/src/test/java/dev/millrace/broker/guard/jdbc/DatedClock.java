package dev.millrace.broker.guard.jdbc;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.time.Instant;

/** A clock that the test sets. */
final class DatedClock implements BrokerClock {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  void advance(Duration by) {
    now = now.plus(by);
  }

  @Override
  public Instant now() {
    return now;
  }

  @Override
  public long nanoTime() {
    return now.toEpochMilli() * 1_000_000;
  }

  @Override
  public Cancellable schedule(Duration delay, Runnable task) {
    throw new UnsupportedOperationException("markers need no timer");
  }
}
