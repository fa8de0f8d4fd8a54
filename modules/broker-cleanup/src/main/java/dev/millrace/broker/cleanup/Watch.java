package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Coordination;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which of all processes' cleaners of a stream works: the one that holds the lease. It lasts beyond
 * the next visit, so that a process that dies is replaced and one that is well is not. Where there
 * are no leases each works: trimming is atomic, so that this is waste and no danger.
 */
final class Watch {
  private static final Duration SHORTEST = Duration.ofSeconds(30);

  /** A lease is renewed when this part of it has passed. */
  private static final int RENEW_AFTER = 3;

  private final Optional<Coordination> coordination;
  private final String name;
  private final String holder;
  private final BrokerClock clock;

  /** Guards everything below. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean over;

  /** Whether the backend may have a lease of ours: also while an answer is outstanding or lost. */
  private boolean mayHold;

  private boolean held;
  private long takenAt;
  private long length;

  /**
   * For one run of a cleaner.
   *
   * @param name the lease's
   */
  Watch(Optional<Coordination> coordination, String name, String holder, BrokerClock clock) {
    this.coordination = coordination;
    this.name = name;
    this.holder = holder;
    this.clock = clock;
  }

  /**
   * Takes or renews the lease.
   *
   * @param interval until the next visit
   * @return whether it is held
   */
  CompletionStage<Boolean> take(Duration interval) {
    long asked = clock.nanoTime();
    Duration wanted = interval.plus(interval.dividedBy(2));
    Duration length = wanted.compareTo(SHORTEST) > 0 ? wanted : SHORTEST;
    if (coordination.isEmpty()) {
      return CompletableFuture.completedFuture(answered(true, asked, length));
    }
    Coordination leases = coordination.get();
    lock.lock();
    try {
      mayHold = true;
    } finally {
      lock.unlock();
    }
    return leases
        .acquire(name, holder, length)
        .thenApply(
            lease -> {
              boolean mine = answered(lease.isPresent(), asked, length);
              if (lease.isPresent() && !mine) {
                // Stopped meanwhile; whether the release came before this is not known.
                leases.release(name, holder);
              }
              return mine;
            });
  }

  private boolean answered(boolean taken, long asked, Duration lasting) {
    lock.lock();
    try {
      mayHold = taken;
      held = taken && !over;
      takenAt = asked;
      length = lasting.toNanos();
      return held;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the lease is held and has not run out. */
  boolean held() {
    lock.lock();
    try {
      return held && (coordination.isEmpty() || clock.nanoTime() - takenAt < length);
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is time to renew it, in the middle of a visit that takes long. */
  boolean wearsOff() {
    lock.lock();
    try {
      return clock.nanoTime() - takenAt >= length / RENEW_AFTER;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the lease back, if there may be one; it cannot be taken again. */
  CompletionStage<Void> leave() {
    return back(true);
  }

  /** Gives the lease back, if there may be one; it may be taken again. */
  CompletionStage<Void> giveBack() {
    return back(false);
  }

  private CompletionStage<Void> back(boolean forGood) {
    boolean release;
    lock.lock();
    try {
      over |= forGood;
      held = false;
      release = mayHold;
    } finally {
      lock.unlock();
    }
    return release && coordination.isPresent()
        ? coordination.get().release(name, holder)
        : CompletableFuture.completedFuture(null);
  }
}
