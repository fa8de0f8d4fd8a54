package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until it is moved: tests of leases, delays and retention need not wait.
 * Give it to a backend in its {@link dev.millrace.broker.api.spi.BackendContext}.
 *
 * <p>Timers run inside {@link #advance}, on the thread that calls it. Thread-safe; calls of {@code
 * advance} come one after another.
 */
public final class VirtualClock implements BrokerClock {
  // Makes one movement at a time; held while timers run, so that they run in order.
  private final ReentrantLock moving = new ReentrantLock();
  // Guards everything below; never held while a timer runs.
  private final ReentrantLock lock = new ReentrantLock();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(
          Comparator.<Timer>comparingLong(timer -> timer.at)
              .thenComparingLong(timer -> timer.serial));
  private Instant wall;
  private long nanos;
  private long serials;

  /** A clock that shows this time. */
  public VirtualClock(Instant start) {
    this.wall = start;
  }

  @Override
  public Instant now() {
    lock.lock();
    try {
      return wall;
    } finally {
      lock.unlock();
    }
  }

  /** Nanoseconds by which the clock was advanced since it was made. */
  @Override
  public long nanoTime() {
    lock.lock();
    try {
      return nanos;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs a task in the {@link #advance} that reaches its time; with a delay of zero or less in the
   * next one, even if that is by nothing.
   */
  @Override
  public Cancellable schedule(Duration delay, Runnable task) {
    lock.lock();
    try {
      var timer = new Timer(nanos + Nanos.of(delay), serials++, task);
      timers.add(timer);
      return () -> cancel(timer);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Moves the time on and runs, in the order of their times and on this thread, all timers that
   * become due, those included that timers set meanwhile; each sees the clock at its own time.
   * Returns when all have run. A timer may call it too.
   *
   * @param by zero or more
   * @throws IllegalArgumentException if {@code by} is negative
   * @throws RuntimeException what a timer threw, after all others have run; further ones are
   *     suppressed
   */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("time goes on, by zero or more; this is " + by);
    }
    moving.lock();
    try {
      long target = nanoTime() + Nanos.of(by);
      RuntimeException fault = null;
      for (Timer timer = nextUntil(target); timer != null; timer = nextUntil(target)) {
        try {
          timer.task.run();
        } catch (RuntimeException thrown) {
          fault = joined(fault, thrown);
        }
      }
      if (fault != null) {
        throw fault;
      }
    } finally {
      moving.unlock();
    }
  }

  /**
   * Sets the wall clock, forwards or back, as an operator or a time server does. The monotonic
   * reading and the timers take no notice.
   */
  public void setWallClock(Instant time) {
    lock.lock();
    try {
      wall = time;
    } finally {
      lock.unlock();
    }
  }

  /** How many timers are set and have neither run nor been cancelled. */
  public int pendingTimers() {
    lock.lock();
    try {
      return timers.size();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Timer nextUntil(long target) {
    lock.lock();
    try {
      Timer first = timers.peek();
      if (first == null || first.at > target) {
        moveTo(target);
        return null;
      }
      timers.remove();
      moveTo(first.at);
      return first;
    } finally {
      lock.unlock();
    }
  }

  // A timer that advances the clock itself may have moved it beyond what comes next.
  private void moveTo(long target) {
    if (target > nanos) {
      wall = wall.plusNanos(target - nanos);
      nanos = target;
    }
  }

  private void cancel(Timer timer) {
    lock.lock();
    try {
      timers.remove(timer);
    } finally {
      lock.unlock();
    }
  }

  private static RuntimeException joined(@Nullable RuntimeException first, RuntimeException next) {
    if (first == null) {
      return next;
    }
    if (!next.equals(first)) {
      first.addSuppressed(next);
    }
    return first;
  }

  private record Timer(long at, long serial, Runnable task) {}
}
