package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The one timer of a group: set to the earliest lease or delay that was asked for. It is moved to
 * an earlier time at once, and to a later one only when it fires, so that the usual delivery and
 * acknowledgement never touch the clock's queue. Guarded by the stream's lock.
 */
final class GroupTimer {
  private final BrokerClock clock;
  private final LongConsumer due;
  private BrokerClock.@Nullable Cancellable armed;
  private long at;
  private long generation;
  private boolean closed;

  /**
   * For a group.
   *
   * @param due run by the clock, without the lock; hands what it gets to {@link #fired}
   */
  GroupTimer(BrokerClock clock, LongConsumer due) {
    this.clock = clock;
    this.due = due;
  }

  void wakeAt(long nanos, long now) {
    if (closed || (armed != null && nanos - at >= 0)) {
      return;
    }
    cancel();
    at = nanos;
    long mine = generation;
    armed = clock.schedule(Duration.ofNanos(Math.max(0, nanos - now)), () -> due.accept(mine));
  }

  void cancel() {
    generation++;
    if (armed != null) {
      armed.cancel();
      armed = null;
    }
  }

  /** Cancels, for good. */
  void close() {
    closed = true;
    cancel();
  }

  /** Whether the timer that fired is the one that counts: one moved meanwhile may still come. */
  boolean fired(long mine) {
    if (mine != generation) {
      return false;
    }
    generation++;
    armed = null;
    return true;
  }
}
