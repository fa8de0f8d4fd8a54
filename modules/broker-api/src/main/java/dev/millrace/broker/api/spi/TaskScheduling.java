package dev.millrace.broker.api.spi;

import java.time.Duration;

/**
 * Runs the library's periodic work, such as cleaning, at its time. Thread-safe.
 *
 * <p>A {@link Provider} on the path is found by ServiceLoader.
 */
public interface TaskScheduling extends AutoCloseable {
  /**
   * Runs a task once after a delay. The task does not block.
   *
   * @return how to cancel it; cancelling after it ran does nothing
   */
  BrokerClock.Cancellable schedule(Duration delay, Runnable task);

  /** Ends what it made itself; tasks that were not due are forgotten. Idempotent. */
  @Override
  default void close() {}

  /** On a clock of the library's: what is used where nothing else is there or asked for. */
  static TaskScheduling on(BrokerClock clock) {
    return clock::schedule;
  }

  /** Offers a scheduling of a name. */
  interface Provider {
    /** The name by which a configuration chooses it: "micronaut". */
    String name();

    /** Opens one. */
    TaskScheduling open();
  }
}
