package dev.millrace.broker.streams;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is under way, and lets one thread wait until nothing is. What has begun and what has
 * ended are counted apart, for that mostly happens on different cores.
 */
final class Gauge {
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private volatile @Nullable CompletableFuture<Boolean> waiter;

  void up() {
    begun.increment();
  }

  void down() {
    // Counted first: whoever begins to wait after this look finds it ended.
    ended.increment();
    CompletableFuture<Boolean> waiting = waiter;
    if (waiting != null && get() == 0) {
      waiting.complete(true);
    }
  }

  /** The ended ones are summed first: if the sums are equal, nothing was under way between them. */
  int get() {
    long over = ended.sum();
    return (int) (begun.sum() - over);
  }

  /**
   * Whether nothing was under way at some moment before the time was over. An interrupt ends the
   * wait and stays set.
   */
  boolean awaitZero(Duration atMost) {
    var done = new CompletableFuture<Boolean>();
    waiter = done;
    if (get() == 0) {
      return true;
    }
    try {
      return done.get(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      return get() == 0;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
