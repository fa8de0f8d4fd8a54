package dev.millrace.broker.streams;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many messages the reader may deliver. The allowance is one for each slot, plus a read-ahead
 * of what the slots are expected to finish within {@value #AHEAD_NANOS} ns by the running mean of
 * handler times: quick handlers then get whole batches, and slow ones take nothing that another
 * process could start sooner. Lock-free.
 */
final class Credit {
  private static final long AHEAD_NANOS = 10_000_000;
  private static final long ONE_GRANTED = 1L << 32;
  private static final long HELD_MASK = ONE_GRANTED - 1;

  private final int slots;
  private final int maxAhead;

  /**
   * Two counts that change together: granted to the reader and not yet delivered (high half),
   * delivered and not yet finished (low half).
   */
  private final AtomicLong counts = new AtomicLong();

  /**
   * Running mean of handler times, 0 before the first. Racing updates lose a sample, which does no
   * harm.
   */
  private final AtomicLong meanNanos = new AtomicLong();

  /** Delivered, and not counted while they wait for something else than a slot. */
  private final AtomicInteger aside = new AtomicInteger();

  Credit(int slots, int maxAhead) {
    this.slots = slots;
    this.maxAhead = maxAhead;
  }

  void delivered(int messages) {
    counts.updateAndGet(
        now -> {
          // What a reader brings after it was forgotten was granted to nobody.
          long granted = Math.max(0, (now >> 32) - messages);
          return granted * ONE_GRANTED + (now & HELD_MASK) + messages;
        });
  }

  /** A delivered one makes room for another while it waits; false: as many do as may. */
  boolean stepAside() {
    if (aside.incrementAndGet() > maxAhead) {
      aside.decrementAndGet();
      return false;
    }
    counts.decrementAndGet();
    return true;
  }

  /** One that stepped aside is to run. */
  void stepBack() {
    counts.incrementAndGet();
    aside.decrementAndGet();
  }

  /** A message is finished; returns how much new credit to ask for, perhaps 0. */
  int finished(long handlerNanos) {
    long mean = meanNanos.get();
    long next = mean == 0 ? handlerNanos : mean + (handlerNanos - mean) / 8;
    meanNanos.lazySet(Math.max(1, next));
    counts.decrementAndGet();
    int ahead = ahead();
    return grow(slots + ahead, Math.max(1, ahead / 2));
  }

  /** A message is finished without having run, or while nothing new is wanted. */
  void finishedQuietly() {
    counts.decrementAndGet();
  }

  /** The reader forgot its credit. */
  void forgotten() {
    counts.updateAndGet(now -> now & HELD_MASK);
  }

  /** Reading begins; returns the credit to ask for, perhaps 0. */
  int begin() {
    return grow(slots + ahead(), 1);
  }

  private int grow(int target, int least) {
    while (true) {
      long now = counts.get();
      int missing = target - (int) (now >>> 32) - (int) (now & HELD_MASK);
      if (missing < least) {
        return 0;
      }
      if (counts.compareAndSet(now, now + missing * ONE_GRANTED)) {
        return missing;
      }
    }
  }

  private int ahead() {
    long mean = meanNanos.get();
    return mean == 0 ? 0 : (int) Math.min(maxAhead, slots * (AHEAD_NANOS / mean));
  }
}
