package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.time.Instant;

/** Where time comes from, so that tests can move it. Thread-safe. */
public interface BrokerClock {
  /** The wall clock. */
  Instant now();

  /** A monotonic reading in nanoseconds, for durations only. */
  long nanoTime();

  /**
   * Runs a task once after a delay, on a thread of the clock's: it must be short.
   *
   * @return how to cancel it; cancelling after it ran does nothing
   */
  Cancellable schedule(Duration delay, Runnable task);

  /** The system's clock, with one daemon thread for its timers. */
  static BrokerClock system() {
    return SystemClock.INSTANCE;
  }

  /** Something that can be called off. */
  @FunctionalInterface
  interface Cancellable {
    /** Calls it off; idempotent. */
    void cancel();
  }
}
