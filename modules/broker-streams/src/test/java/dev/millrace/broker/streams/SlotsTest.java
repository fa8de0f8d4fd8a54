package dev.millrace.broker.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SlotsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final Company company = new Company(clock);
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  @Test
  void quickWorkSharesAThreadInOrder() {
    var slots = new Slots("c", 1, company, clock);
    var order = new ArrayList<Integer>();
    for (int i = 0; i < 10; i++) {
      int number = i;
      slots.add(() -> run(() -> order.add(number)));
    }
    slots.dispatch();
    assertTrue(slots.awaitIdle(PATIENCE));
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), order);
    assertEquals(1, threads.stream().distinct().count());
    assertEquals(0, slots.taken());
  }

  @Test
  void afterSlowWorkComesAnotherThread() {
    var slots = new Slots("c", 1, company, clock);
    slots.add(() -> run(() -> clock.advance(Duration.ofMillis(2))));
    slots.add(() -> run(() -> {}));
    slots.dispatch();
    assertTrue(slots.awaitIdle(PATIENCE));
    assertEquals(2, threads.size());
    assertNotEquals(threads.get(0), threads.get(1));
  }

  @Test
  void noThreadGoesOnForEver() {
    var slots = new Slots("c", 1, company, clock);
    for (int i = 0; i < 1_000; i++) {
      slots.add(() -> run(() -> {}));
    }
    slots.dispatch();
    assertTrue(slots.awaitIdle(PATIENCE));
    assertEquals(1_000, threads.size());
    assertTrue(threads.stream().distinct().count() > 1);
  }

  @Test
  void workThatThrowsFreesItsSlotForTheNext() {
    var slots = new Slots("c", 1, company, clock);
    slots.add(
        () -> {
          Thread.currentThread().setUncaughtExceptionHandler((thread, error) -> {});
          throw new IllegalStateException("on purpose");
        });
    slots.add(() -> run(() -> {}));
    slots.dispatch();
    assertTrue(slots.awaitIdle(PATIENCE));
    assertEquals(1, threads.size());
    assertEquals(0, slots.taken());
  }

  @Test
  void neverMoreAtOnceThanThereAreSlots() throws InterruptedException {
    var slots = new Slots("c", 3, company, clock);
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var left = new CountDownLatch(20_000);
    for (int i = 0; i < 20_000; i++) {
      slots.add(
          () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            Thread.yield();
            running.decrementAndGet();
            left.countDown();
          });
      slots.dispatch();
    }
    assertTrue(left.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    assertTrue(most.get() <= 3, "at once: " + most);
  }

  private void run(Runnable work) {
    threads.add(Thread.currentThread());
    work.run();
  }
}
