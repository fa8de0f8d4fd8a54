package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Clock;
import com.codahale.metrics.Meter;
import com.codahale.metrics.MovingAverages;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A count with its rates, for which counting costs one {@link LongAdder} or nothing at all: rates
 * are worked out when they are read, from what came since they were read before. A rate over a
 * minute that is read once an hour is that hour's mean. Thread-safe.
 */
final class Flow extends Meter {
  private static final int[] MINUTES = {1, 5, 15};

  /** Of readings closer to each other than this the later one brings nothing new. */
  private static final double LEAST_SECONDS = 1;

  /** The averages of Dropwizard, which are kept up with each count. */
  private static final MovingAverages UNUSED =
      new MovingAverages() {
        @Override
        public void tickIfNecessary() {}

        @Override
        public void update(long by) {}

        @Override
        public double getM1Rate() {
          return 0;
        }

        @Override
        public double getM5Rate() {
          return 0;
        }

        @Override
        public double getM15Rate() {
          return 0;
        }
      };

  private final Clock clock;
  private final long begun;
  private final LongAdder own = new LongAdder();
  private final List<LongSupplier> read = new CopyOnWriteArrayList<>();

  /** Guards what follows, and that a source is counted once while it goes. */
  private final ReentrantLock lock = new ReentrantLock();

  private final double[] rates = new double[MINUTES.length];
  private long seenAt;
  private long seen;
  private boolean begunReading;

  Flow(Clock clock) {
    super(UNUSED, clock);
    this.clock = clock;
    this.begun = clock.getTick();
    this.seenAt = begun;
  }

  /** Is part of the count from now on. */
  void add(LongSupplier source) {
    read.add(source);
  }

  /** Grows no more; what it has counted stays. */
  void remove(LongSupplier source) {
    lock.lock();
    try {
      if (read.remove(source)) {
        own.add(source.getAsLong());
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void mark() {
    own.increment();
  }

  @Override
  public void mark(long by) {
    own.add(by);
  }

  @Override
  public long getCount() {
    lock.lock();
    try {
      return own.sum() + read.stream().mapToLong(LongSupplier::getAsLong).sum();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public double getMeanRate() {
    double seconds = seconds(clock.getTick() - begun);
    return seconds <= 0 ? 0 : getCount() / seconds;
  }

  @Override
  public double getOneMinuteRate() {
    return rate(0);
  }

  @Override
  public double getFiveMinuteRate() {
    return rate(1);
  }

  @Override
  public double getFifteenMinuteRate() {
    return rate(2);
  }

  private double rate(int which) {
    lock.lock();
    try {
      long now = clock.getTick();
      double elapsed = seconds(now - seenAt);
      if (elapsed >= LEAST_SECONDS) {
        long count = getCount();
        double current = (count - seen) / elapsed;
        for (int i = 0; i < rates.length; i++) {
          double weight = begunReading ? 1 - Math.exp(-elapsed / (60.0 * MINUTES[i])) : 1;
          rates[i] += weight * (current - rates[i]);
        }
        begunReading = true;
        seen = count;
        seenAt = now;
      }
      return rates[which];
    } finally {
      lock.unlock();
    }
  }

  private static double seconds(long nanos) {
    return (double) nanos / TimeUnit.SECONDS.toNanos(1);
  }
}
