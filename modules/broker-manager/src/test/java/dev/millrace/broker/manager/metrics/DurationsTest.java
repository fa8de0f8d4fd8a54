package dev.millrace.broker.manager.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.Clock;
import com.codahale.metrics.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DurationsTest {
  private static final double WITHIN = 0.01;

  private volatile long now;
  private final AtomicInteger looks = new AtomicInteger();
  private final Clock clock =
      new Clock() {
        @Override
        public long getTick() {
          looks.incrementAndGet();
          return now;
        }
      };
  private final Durations durations = new Durations(clock);

  private void pass(int seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  private void tell(int times, long nanos) {
    for (int i = 0; i < times; i++) {
      durations.update(nanos);
    }
  }

  @Test
  void nothingYetIsAnEmptyPicture() {
    assertEquals(0, durations.count());
    assertEquals(0, durations.size());
    assertEquals(0, durations.getSnapshot().getMax());
  }

  @Test
  void anyLengthIsToldToWithinAHundredth() {
    var lengths = new ArrayList<Long>();
    for (int power = 0; power < Long.SIZE - 1; power++) {
      long two = 1L << power;
      lengths.addAll(List.of(two - 1, two, two + two / 64 - 1, two + two / 3, two + (two - 1)));
    }
    for (long length : lengths) {
      var one = new Durations(clock);
      one.update(length);
      assertEquals(1, one.count());
      assertEquals(length, one.getSnapshot().getMax(), length * WITHIN, () -> length + " ns");
      assertEquals(length, one.getSnapshot().getMin(), length * WITHIN, () -> length + " ns");
    }
  }

  @Test
  void quantilesAndMeanAreThoseOfAllThatWereTold() {
    var random = new Random(3);
    var all = new ArrayList<Long>();
    for (int i = 0; i < 100_000; i++) {
      long nanos = (long) Math.exp(8 + 2 * random.nextGaussian());
      all.add(nanos);
      durations.update(nanos);
    }
    Collections.sort(all);
    Snapshot told = durations.getSnapshot();
    for (double quantile : new double[] {0.01, 0.5, 0.75, 0.95, 0.99, 0.999}) {
      double exact = all.get((int) (quantile * all.size()));
      assertEquals(exact, told.getValue(quantile), exact * 2 * WITHIN, () -> "of " + quantile);
    }
    double mean = all.stream().mapToLong(Long::longValue).average().orElseThrow();
    assertEquals(mean, told.getMean(), mean * WITHIN);
    assertEquals(all.size(), durations.count());
  }

  @Test
  void oneThatIsSlowAmongAMillionIsSeen() {
    tell(1_000_000, 700);
    durations.update(5_000_000_000L);
    assertEquals(5_000_000_000L, durations.getSnapshot().getMax(), 5_000_000_000L * WITHIN);
  }

  @Test
  void whatIsOldWeighsLessAndIsGoneAfterFiveMinutes() {
    tell(100, 1_000);
    assertEquals(1_000, durations.getSnapshot().getMedian(), 10);
    pass(120);
    tell(50, 9_000);
    assertEquals(9_000, durations.getSnapshot().getMedian(), 90, "a sixth of the old ones is left");
    assertEquals(1_000, durations.getSnapshot().getMin(), 10);
    pass(200);
    tell(1, 9_000);
    assertEquals(9_000, durations.getSnapshot().getMin(), 90);
    assertEquals(151, durations.count());
  }

  @Test
  void whileNothingComesThePictureStays() {
    tell(10, 1_000);
    tell(10, 9_000);
    double before = durations.getSnapshot().getMean();
    pass(7 * 24 * 3600);
    assertEquals(before, durations.getSnapshot().getMean());
    tell(1, 70);
    assertEquals(1, durations.size(), "of what is a week old nothing is left");
  }

  @Test
  void picturesThatNobodyLooksAtFadeToo() {
    tell(1_000, 1_000);
    for (int second = 0; second < 600; second++) {
      pass(1);
      for (int length = 2_000; length < 2_128; length++) {
        durations.update(length);
      }
    }
    assertTrue(durations.getSnapshot().getMin() > 1_900, "ten minutes old");
  }

  @Test
  void shortOnesHardlyLookAtTheClock() {
    var random = new Random(5);
    looks.set(0);
    for (int i = 0; i < 10_000; i++) {
      durations.update(300 + random.nextInt(3_000));
    }
    assertTrue(looks.get() < 300, () -> looks + " looks at the clock");
  }

  @Test
  void ofManyAtOnceNoneIsLost() throws Exception {
    Callable<Boolean> telling =
        () -> {
          for (int i = 0; i < 20_000; i++) {
            durations.update(i);
          }
          return true;
        };
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var done : pool.invokeAll(Collections.nCopies(8, telling))) {
        assertTrue(done.get());
      }
    }
    assertEquals(160_000, durations.count());
    assertEquals(10_000, durations.getSnapshot().getMedian(), 200);
  }
}
