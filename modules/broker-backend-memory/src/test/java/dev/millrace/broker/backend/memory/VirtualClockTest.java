package dev.millrace.broker.backend.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class VirtualClockTest {
  private static final Instant START = Instant.parse("2024-06-10T08:00:00Z");
  private final VirtualClock clock = new VirtualClock(START);
  private final List<String> ran = new ArrayList<>();

  @Test
  void standsStillUntilItIsMoved() {
    assertEquals(START, clock.now());
    clock.advance(Duration.ofSeconds(3));
    assertEquals(START.plusSeconds(3), clock.now());
    assertEquals(3_000_000_000L, clock.nanoTime());
  }

  @Test
  void runsDueTimersInOrderOfTheirTimes() {
    clock.schedule(Duration.ofSeconds(2), () -> ran.add("second"));
    clock.schedule(Duration.ofSeconds(1), () -> ran.add("first"));
    clock.schedule(Duration.ofSeconds(2), () -> ran.add("third"));
    clock.schedule(Duration.ofSeconds(9), () -> ran.add("later"));
    clock.advance(Duration.ofSeconds(5));
    assertEquals(List.of("first", "second", "third"), ran);
    assertEquals(1, clock.pendingTimers());
  }

  @Test
  void runsTimersThatTimersSet() {
    clock.schedule(
        Duration.ofSeconds(1),
        () -> clock.schedule(Duration.ofSeconds(1), () -> ran.add("at " + clock.nanoTime())));
    clock.advance(Duration.ofSeconds(2));
    assertEquals(List.of("at 2000000000"), ran);
  }

  @Test
  void showsEachTimerItsOwnTime() {
    clock.schedule(Duration.ofSeconds(1), () -> ran.add(clock.now().toString()));
    clock.advance(Duration.ofHours(1));
    assertEquals(List.of("2024-06-10T08:00:01Z"), ran);
  }

  @Test
  void runsTimersOnTheCallingThread() {
    var thread = new ArrayList<Thread>();
    clock.schedule(Duration.ZERO, () -> thread.add(Thread.currentThread()));
    clock.advance(Duration.ZERO);
    assertSame(Thread.currentThread(), thread.get(0));
  }

  @Test
  void forgetsCancelledTimers() {
    BrokerClock.Cancellable timer = clock.schedule(Duration.ofSeconds(1), () -> ran.add("no"));
    timer.cancel();
    timer.cancel();
    assertEquals(0, clock.pendingTimers());
    clock.advance(Duration.ofSeconds(2));
    assertEquals(List.of(), ran);
  }

  @Test
  void runsAllTimersBeforeItThrowsWhatOneThrew() {
    clock.schedule(
        Duration.ofSeconds(1),
        () -> {
          throw new IllegalStateException("broken timer");
        });
    clock.schedule(Duration.ofSeconds(2), () -> ran.add("after"));
    assertThrows(IllegalStateException.class, () -> clock.advance(Duration.ofSeconds(3)));
    assertEquals(List.of("after"), ran);
    assertEquals(START.plusSeconds(3), clock.now());
  }

  @Test
  void neverGoesBackWhenATimerAdvancesIt() {
    clock.schedule(Duration.ofSeconds(1), () -> clock.advance(Duration.ofSeconds(10)));
    clock.advance(Duration.ofSeconds(2));
    assertEquals(START.plusSeconds(11), clock.now());
  }

  @Test
  void refusesToGoBackByAdvancing() {
    assertThrows(IllegalArgumentException.class, () -> clock.advance(Duration.ofMillis(-1)));
  }

  @Test
  void stepsTheWallClockWithoutTouchingTimers() {
    clock.schedule(Duration.ofSeconds(1), () -> ran.add("ran"));
    clock.setWallClock(START.plus(Duration.ofDays(1)));
    assertEquals(0, clock.nanoTime());
    assertEquals(List.of(), ran);
    clock.setWallClock(START.minusSeconds(60));
    assertEquals(START.minusSeconds(60), clock.now());
  }

  @Test
  void runsEachTimerOnceWithManyThreads() throws Exception {
    var count = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        threads.submit(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                clock.schedule(Duration.ofMillis(i % 7), count::incrementAndGet);
                clock.advance(Duration.ofMillis(1));
              }
            });
      }
    }
    clock.advance(Duration.ofMillis(10));
    assertEquals(4_000, count.get());
    assertEquals(0, clock.pendingTimers());
    assertTrue(clock.now().isAfter(START.plusSeconds(4)));
  }
}
