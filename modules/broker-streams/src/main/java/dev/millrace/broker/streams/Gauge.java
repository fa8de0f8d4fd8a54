package dev.millrace.broker.streams;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Counts what is under way, and lets one thread wait until nothing is. */
final class Gauge {
  private final AtomicInteger count = new AtomicInteger();
  private volatile @Nullable CompletableFuture<Boolean> waiter;

  void up() {
    count.incrementAndGet();
  }

  void down() {
    if (count.decrementAndGet() == 0) {
      CompletableFuture<Boolean> waiting = waiter;
      if (waiting != null) {
        waiting.complete(true);
      }
    }
  }

  int get() {
    return count.get();
  }

  /**
   * Whether nothing was under way at some moment before the time was over. An interrupt ends the
   * wait and stays set.
   */
  boolean awaitZero(Duration atMost) {
    var done = new CompletableFuture<Boolean>();
    waiter = done;
    if (count.get() == 0) {
      return true;
    }
    try {
      return done.get(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      return count.get() == 0;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
