package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import java.util.concurrent.locks.ReentrantLock;

/** How many a second, over the last {@value #SECONDS} whole ones. Thread-safe. */
final class Rate {
  static final int SECONDS = 5;

  private final BrokerClock clock;

  /** Guards what follows; held briefly. */
  private final ReentrantLock lock = new ReentrantLock();

  private final long[] counts = new long[SECONDS + 1];
  private long second;
  private long total;

  Rate(BrokerClock clock) {
    this.clock = clock;
    this.second = now();
  }

  void add(long count) {
    lock.lock();
    try {
      turn();
      counts[slot(second)] += count;
      total += count;
    } finally {
      lock.unlock();
    }
  }

  long total() {
    lock.lock();
    try {
      return total;
    } finally {
      lock.unlock();
    }
  }

  double perSecond() {
    lock.lock();
    try {
      turn();
      long sum = 0;
      for (int i = 0; i < counts.length; i++) {
        sum += i == slot(second) ? 0 : counts[i];
      }
      return (double) sum / SECONDS;
    } finally {
      lock.unlock();
    }
  }

  private void turn() {
    long now = now();
    for (long next = Math.max(second + 1, now - SECONDS); next <= now; next++) {
      counts[slot(next)] = 0;
    }
    second = now;
  }

  private int slot(long of) {
    return Math.floorMod(of, counts.length);
  }

  private long now() {
    return Math.floorDiv(clock.nanoTime(), 1_000_000_000L);
  }
}
