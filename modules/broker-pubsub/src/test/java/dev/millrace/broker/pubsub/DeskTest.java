package dev.millrace.broker.pubsub;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.EventOverflow;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a desk ends: who waits for its handlers hears of the last one, and whom a cut reaches. */
class DeskTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  /** Each kind of desk. */
  enum Kind {
    ONE_LINE,
    LANES;

    Desk desk(int concurrency, Desk.Work work) {
      return this == ONE_LINE
          ? new OneLine("test", concurrency, 100, EventOverflow.DROP_OLDEST, work)
          : new Lanes("test", concurrency, 100, EventOverflow.DROP_OLDEST, work);
    }
  }

  /** Handlers that wait for the test, and a clock that stands still unless they move it. */
  private static final class Held implements Desk.Work {
    final CountDownLatch go = new CountDownLatch(1);
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger interrupted = new AtomicInteger();
    final AtomicLong now = new AtomicLong();

    /** How long each takes, on the clock. */
    volatile long takes;

    @Override
    public long handle(Arrival event, long from) {
      begun.incrementAndGet();
      try {
        go.await();
      } catch (InterruptedException cut) {
        interrupted.incrementAndGet();
      }
      return now.addAndGet(takes);
    }

    @Override
    public long now() {
      return now.get();
    }
  }

  private static Arrival on(String channel) {
    return new Arrival(channel, Entry.of("id", Fields.of("a", 1)));
  }

  /** Begins to wait for the end, for longer than any test does. */
  private static Thread waiter(Desk desk, CountDownLatch over) {
    Thread waiter =
        Thread.ofPlatform()
            .start(
                () -> {
                  desk.awaitIdle(Duration.ofHours(1));
                  over.countDown();
                });
    await().until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
    return waiter;
  }

  private static void assertWoken(Thread waiter, CountDownLatch over) {
    try {
      await().atMost(LONG).until(() -> over.getCount() == 0);
    } finally {
      waiter.interrupt();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsHearsOfTheLastHandlersEnd(Kind kind) {
    var work = new Held();
    Desk desk = kind.desk(2, work);
    for (int i = 0; i < 5; i++) {
      desk.offer(on("c" + i));
    }
    var over = new CountDownLatch(1);
    Thread waiter = waiter(desk, over);
    assertEquals(1, over.getCount());
    work.go.countDown();
    assertWoken(waiter, over);
    assertEquals(5, work.begun.get());
    assertEquals(0, desk.running() + desk.waiting());
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsHearsOfTheEndAlsoWhereEachEventHasAThreadOfItsOwn(Kind kind) {
    var work = new Held();
    work.takes = Duration.ofSeconds(1).toNanos();
    Desk desk = kind.desk(1, work);
    for (int i = 0; i < 5; i++) {
      desk.offer(on("c"));
    }
    var over = new CountDownLatch(1);
    Thread waiter = waiter(desk, over);
    work.go.countDown();
    assertWoken(waiter, over);
    assertEquals(5, desk.finished());
  }

  @ParameterizedTest
  @EnumSource
  void waitingEndsWithItsDeadlineThoughAHandlerRuns(Kind kind) {
    var work = new Held();
    Desk desk = kind.desk(1, work);
    desk.offer(on("c"));
    desk.awaitIdle(Duration.ofMillis(1));
    assertEquals(1, desk.running());
    work.go.countDown();
    desk.awaitIdle(LONG);
    assertEquals(0, desk.running());
  }

  @ParameterizedTest
  @EnumSource
  void cutInterruptsEachHandlerThatRunsAndCountsIt(Kind kind) {
    var work = new Held();
    Desk desk = kind.desk(3, work);
    for (int i = 0; i < 4; i++) {
      desk.offer(on("c" + i));
    }
    await().until(() -> work.begun.get() == 3);
    assertEquals(1, desk.shut());
    assertEquals(3, desk.cut());
    desk.awaitIdle(LONG);
    assertEquals(3, work.interrupted.get());
    assertEquals(0, desk.running());
  }

  @ParameterizedTest
  @EnumSource
  void cutReachesNobodyWhereNothingRunsAnyMore(Kind kind) {
    var work = new Held();
    work.go.countDown();
    Desk desk = kind.desk(2, work);
    desk.offer(on("c"));
    desk.awaitIdle(LONG);
    assertEquals(0, desk.cut());
    assertEquals(0, work.interrupted.get());
  }

  @ParameterizedTest
  @EnumSource
  void cutReachesNoThreadThatIsOverBesideOneThatRuns(Kind kind) {
    var work = new Held();
    var threads = new ConcurrentLinkedQueue<Thread>();
    Desk desk =
        kind.desk(
            1,
            new Desk.Work() {
              @Override
              public long handle(Arrival event, long begun) {
                threads.add(Thread.currentThread());
                return threads.size() == 1 ? begun : work.handle(event, begun);
              }

              @Override
              public long now() {
                return work.now();
              }
            });
    desk.offer(on("c"));
    await().until(() -> !threads.isEmpty() && !threads.element().isAlive());
    desk.offer(on("c"));
    await().until(() -> work.begun.get() == 1);
    assertEquals(1, desk.cut());
    desk.awaitIdle(LONG);
    assertEquals(0, desk.running());
  }

  /** Has one place, and a thread that has handed it on takes its time to end. */
  private static final class Slow extends Desk {
    final CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger ended = new AtomicInteger();

    Slow(Work work) {
      super("test", work);
    }

    @Override
    Fate offer(Arrival event) {
      start(event);
      return Fate.TAKEN;
    }

    @Override
    int waiting() {
      return 0;
    }

    @Override
    int running() {
      return 1;
    }

    @Override
    int shut() {
      return 0;
    }

    @Override
    @Nullable Arrival ended(Arrival event, boolean mayGoOn) {
      if (ended.incrementAndGet() == 1) {
        start(event);
        try {
          end.await();
        } catch (InterruptedException cut) {
          throw new AssertionError("it handles nothing any more", cut);
        }
      }
      return null;
    }
  }

  @Test
  void cutDoesNotReachAThreadThatHasHandedItsPlaceOn() {
    var begun = new AtomicInteger();
    var second = new Held();
    var desk =
        new Slow(
            new Desk.Work() {
              @Override
              public long handle(Arrival event, long from) {
                // The first takes so long that its thread may not go on.
                return begun.incrementAndGet() == 1
                    ? from + Duration.ofSeconds(1).toNanos()
                    : second.handle(event, from);
              }

              @Override
              public long now() {
                return 0;
              }
            });
    desk.offer(on("c"));
    await().until(() -> second.begun.get() == 1);
    assertEquals(1, desk.cut());
    await().until(() -> second.interrupted.get() == 1);
    desk.end.countDown();
  }
}
