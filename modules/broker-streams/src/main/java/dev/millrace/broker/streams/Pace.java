package dev.millrace.broker.streams;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;

/** Holds one thread back to so many a second. Not thread-safe. */
final class Pace {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final BrokerClock clock;
  private final OptionalInt perSecond;
  private final long begun;
  private long done;

  Pace(BrokerClock clock, OptionalInt perSecond) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.begun = clock.nanoTime();
  }

  /** How many to do in one go: about ten goes a second, so that the rate is even. */
  int step(int most) {
    return perSecond.isEmpty() ? most : Math.clamp(perSecond.getAsInt() / 10, 1, most);
  }

  /** Waits until these may follow those before. */
  void before(int count, String operation, String component) {
    if (perSecond.isPresent()) {
      long due = begun + (long) ((double) done * SECOND / perSecond.getAsInt());
      await(due - clock.nanoTime(), operation, component);
    }
    done += count;
  }

  private void await(long nanos, String operation, String component) {
    if (nanos <= 0) {
      return;
    }
    var over = new CountDownLatch(1);
    BrokerClock.Cancellable timer = clock.schedule(Duration.ofNanos(nanos), over::countDown);
    try {
      over.await();
    } catch (InterruptedException interrupted) {
      timer.cancel();
      Thread.currentThread().interrupt();
      throw new InvalidStateException(
          operation,
          component,
          "the waiting thread was interrupted after " + done,
          "Begin again: those already done are not there any more");
    }
  }
}
