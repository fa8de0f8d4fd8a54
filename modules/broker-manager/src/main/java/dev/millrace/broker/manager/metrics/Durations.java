package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Clock;
import com.codahale.metrics.Reservoir;
import com.codahale.metrics.Snapshot;
import com.codahale.metrics.WeightedSnapshot;
import com.codahale.metrics.WeightedSnapshot.WeightedSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How long things took, all of them and not a sample: each counts in a bucket for its length, which
 * costs one {@link LongAdder}. A reservoir would draw a random number, weigh it and look at the
 * clock for each.
 *
 * <p>What the buckets have is folded into a picture that fades as Dropwizard's does: when somebody
 * looks, and every few seconds where nobody does. Thread-safe.
 */
final class Durations implements Reservoir {
  /** An octave, from a power of two to the next, has 2 to this power buckets. */
  private static final int BITS = 6;

  private static final int BUCKETS = 1 << BITS;
  private static final int OCTAVES = Long.SIZE - BITS;

  /** For each second: what is five minutes old weighs a hundredth. */
  private static final double FADING = 0.015;

  private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final long FOLD_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Beside what takes this long, a look at the clock is nothing. */
  private static final long LONG_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  /** Of those that are shorter, about one in so many looks: its last bits serve as dice. */
  private static final long DICE = 63;

  private final Clock clock;
  private final AtomicReferenceArray<@Nullable Octave> octaves =
      new AtomicReferenceArray<>(OCTAVES);

  /** Guards the pictures of the octaves, and what follows. */
  private final ReentrantLock lock = new ReentrantLock();

  /** When the picture last changed. */
  private long foldedAt;

  private long folded;

  /** When it was last looked whether there is something to fold; read without the lock too. */
  private volatile long lookedAt;

  /** What lies between two powers of two. */
  private static final class Octave {
    final LongAdder[] counts =
        Stream.generate(LongAdder::new).limit(BUCKETS).toArray(LongAdder[]::new);
    final long[] folded = new long[BUCKETS];
    final double[] weights = new double[BUCKETS];
    final long[] changedAt = new long[BUCKETS];

    long count() {
      return Arrays.stream(counts).mapToLong(LongAdder::sum).sum();
    }

    /** How many came since it was folded before. */
    long fold(long now, double left) {
      long all = 0;
      for (int i = 0; i < BUCKETS; i++) {
        long count = counts[i].sum();
        long fresh = count - folded[i];
        if (fresh > 0) {
          folded[i] = count;
          changedAt[i] = now;
          all += fresh;
        }
        weights[i] = now - changedAt[i] > FORGOTTEN_NANOS ? 0 : weights[i] * left + fresh;
      }
      return all;
    }
  }

  Durations(Clock clock) {
    this.clock = clock;
    this.foldedAt = clock.getTick();
    this.lookedAt = foldedAt;
  }

  @Override
  public void update(long nanos) {
    int power = Math.max(BITS, Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos | 1));
    boolean least = nanos < BUCKETS;
    int octave = least ? 0 : power - BITS + 1;
    octave(octave).counts[(int) (nanos >>> (power - BITS)) & (BUCKETS - 1)].increment();
    if ((nanos & DICE) == 0 || nanos >= LONG_NANOS) {
      foldIfDue();
    }
  }

  private Octave octave(int number) {
    Octave found = octaves.get(number);
    if (found == null) {
      octaves.compareAndSet(number, null, new Octave());
      found = Objects.requireNonNull(octaves.get(number));
    }
    return found;
  }

  /** The middle of what counts in this bucket. */
  private static long value(int octave, int bucket) {
    if (octave == 0) {
      return bucket;
    }
    long width = 1L << (octave - 1);
    return (BUCKETS + bucket) * width + width / 2;
  }

  /** How many there were. */
  long count() {
    return present().mapToLong(number -> octave(number).count()).sum();
  }

  private IntStream present() {
    return IntStream.range(0, OCTAVES).filter(number -> octaves.get(number) != null);
  }

  private void foldIfDue() {
    if (clock.getTick() - lookedAt >= FOLD_NANOS && lock.tryLock()) {
      try {
        fold();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Under the lock. While nothing comes the picture stays, as that of a reservoir does. */
  private void fold() {
    long now = clock.getTick();
    lookedAt = now;
    if (count() == folded) {
      return;
    }
    double seconds = (double) (now - foldedAt) / TimeUnit.SECONDS.toNanos(1);
    double left = Math.exp(-FADING * seconds);
    folded += present().mapToLong(number -> octave(number).fold(now, left)).sum();
    foldedAt = now;
  }

  /** How many buckets are not empty in the picture. */
  @Override
  public int size() {
    return getSnapshot().size();
  }

  @Override
  public Snapshot getSnapshot() {
    var samples = new ArrayList<WeightedSample>();
    lock.lock();
    try {
      fold();
      present()
          .forEach(
              number -> {
                double[] weights = octave(number).weights;
                for (int i = 0; i < BUCKETS; i++) {
                  if (weights[i] > 0) {
                    samples.add(new WeightedSample(value(number, i), weights[i]));
                  }
                }
              });
    } finally {
      lock.unlock();
    }
    return new WeightedSnapshot(samples);
  }
}
