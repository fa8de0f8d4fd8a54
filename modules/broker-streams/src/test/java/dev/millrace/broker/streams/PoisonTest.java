package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages that kill the process that handles them. */
class PoisonTest {
  private static final String POISON = "m50";

  private final Rig rig = new Rig();
  private final Set<String> handled = ConcurrentHashMap.newKeySet();
  private final AtomicInteger poisonRuns = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);

  @AfterEach
  void close() {
    over.countDown();
    rig.close();
  }

  /** What all handlers of one process share. */
  private final class Process {
    final FaultyBackend backend = new FaultyBackend(rig.memory);
    final StreamsContext context = rig.process(backend);

    void die() throws InterruptedException {
      backend.die();
      over.await();
    }

    Consumer start(String name, int concurrency, OutcomeHandler<Message> handler) {
      return rig.start(context, name, config -> config.concurrency(concurrency), handler);
    }
  }

  private Outcome killing(Process process, Message message) throws InterruptedException {
    if (message.id().equals(POISON)) {
      poisonRuns.incrementAndGet();
      process.die();
    }
    handled.add(message.id());
    return Outcome.done();
  }

  /** All of them are read and running in one process, which then dies of one. */
  private void dieWithAll(int messages) {
    var process = new Process();
    rig.send(messages);
    process.start(
        "first",
        messages,
        (message, delivery) -> {
          running.incrementAndGet();
          over.await();
          return Outcome.done();
        });
    await().until(() -> running.get() == messages);
    process.backend.die();
    poisonRuns.incrementAndGet();
  }

  private void letLeasesRunOut() {
    rig.clock.advance(Rig.LEASE.plusSeconds(1));
  }

  @Test
  void onePoisonAmongNinetyNineCondemnsOnlyItself() {
    dieWithAll(100);
    int processes = 1;
    while (rig.deadLetters().isEmpty()) {
      assertTrue(++processes <= 6, "no end of dying processes");
      letLeasesRunOut();
      var process = new Process();
      process.start("p" + processes, 20, (message, delivery) -> killing(process, message));
      await().until(() -> process.backend.isDead() || rig.unsettled() == 0);
    }

    assertEquals(99, handled.size());
    assertEquals(1 + RetryPolicy.defaults().maxCrashes(), poisonRuns.get());
    assertEquals(POISON, rig.deadLetter().id().orElseThrow());
    assertEquals(
        "crashed 3 times: its process died while it was handled alone",
        rig.deadLetter().headers().get("dead.reason"));
    assertEquals("3", rig.deadLetter().headers().get("dead.attempts"));
  }

  @Test
  void twoPoisonsCondemnOnlyThemselves() {
    Set<String> poisons = Set.of("m3", "m7");
    dieWithAll(10);
    int processes = 1;
    while (rig.deadLetters().size() < 2) {
      assertTrue(++processes <= 9, "no end of dying processes");
      letLeasesRunOut();
      var process = new Process();
      process.start(
          "p" + processes,
          20,
          (message, delivery) -> {
            if (poisons.contains(message.id())) {
              process.die();
            }
            handled.add(message.id());
            return Outcome.done();
          });
      await().until(() -> process.backend.isDead() || rig.unsettled() == 0);
    }
    assertEquals(8, handled.size());
    assertEquals(
        poisons,
        Set.copyOf(rig.deadLetters().stream().map(dead -> dead.id().orElseThrow()).toList()));
  }

  @Test
  void suspectRunsWithNoOtherHandlerOfItsProcessBesideIt() {
    dieWithAll(5);
    letLeasesRunOut();
    rig.send(400);
    var process = new Process();
    var inside = new AtomicInteger();
    var suspectInside = new AtomicInteger();
    var suspects = new AtomicInteger();
    var besideASuspect = new AtomicInteger();
    OutcomeHandler<Message> watching =
        (message, delivery) -> {
          boolean suspect = delivery.attempt() > 1;
          suspects.addAndGet(suspect ? 1 : 0);
          suspectInside.addAndGet(suspect ? 1 : 0);
          if (inside.incrementAndGet() > 1 && suspectInside.get() > 0) {
            besideASuspect.incrementAndGet();
          }
          for (int i = 0; i < 50; i++) {
            Thread.yield();
          }
          inside.decrementAndGet();
          suspectInside.addAndGet(suspect ? -1 : 0);
          return Outcome.done();
        };
    process.start("a", 5, watching);
    process.start("b", 5, watching);
    await().until(() -> rig.unsettled() == 0);
    assertEquals(5, suspects.get());
    assertEquals(0, besideASuspect.get());
  }

  @Test
  void othersStartAgainBehindASuspect() {
    dieWithAll(2);
    letLeasesRunOut();
    var process = new Process();
    Consumer consumer = process.start("a", 5, (message, delivery) -> killing(process, message));
    rig.send(30);
    Rig.awaitCount(consumer, "handled", 32);
    assertEquals(0, rig.unsettled());
  }

  @Test
  void suspectThatCannotBeAloneRunsBesideALongHandlerAfterALease() throws Exception {
    runsBesideALongHandlerAfterHalfAMinute(Rig.LEASE);
  }

  @Test
  void leaseOfHoursDoesNotMakeASuspectWaitForHours() throws Exception {
    runsBesideALongHandlerAfterHalfAMinute(Duration.ofHours(2));
  }

  private void runsBesideALongHandlerAfterHalfAMinute(Duration lease) throws Exception {
    var process = new Process();
    var inside = new CountDownLatch(1);
    rig.send(1);
    process.start(
        "long",
        1,
        (message, delivery) -> {
          inside.countDown();
          over.await();
          return Outcome.done();
        });
    assertTrue(inside.await(5, TimeUnit.SECONDS));
    var dying = new Process();
    var began = new CountDownLatch(1);
    rig.send(1);
    dying.start(
        "dying",
        1,
        (message, delivery) -> {
          began.countDown();
          over.await();
          return Outcome.done();
        });
    assertTrue(began.await(5, TimeUnit.SECONDS));
    dying.backend.die();
    var suspects = new CountDownLatch(1);
    Consumer heir =
        rig.start(
            process.context,
            "heir",
            config -> config.concurrency(1).lease(lease),
            (message, delivery) -> {
              suspects.countDown();
              return Outcome.done();
            });

    letLeasesRunOut();
    Rig.awaitCount(heir, "received", 1);
    rig.clock.advance(Duration.ofSeconds(25));
    assertEquals(1, suspects.getCount());
    rig.clock.advance(Duration.ofSeconds(5));
    assertTrue(suspects.await(5, TimeUnit.SECONDS));
  }

  @Test
  void deathBesideOthersIsNoCrashButCondemnsInTheEnd() {
    for (int suspicions = 0; suspicions < Tally.MAX_SUSPICIONS; suspicions++) {
      var tally = new Tally(0, 0, suspicions, Tally.Mark.IN_COMPANY, 0).died();
      assertEquals(suspicions == Tally.MAX_SUSPICIONS - 1, tally.condemned(3));
      assertEquals(0, tally.crashes());
    }
  }

  @Test
  void messageHandedBackByAProcessThatStoppedIsNoSuspect() {
    rig.send(1);
    var first = new Process();
    var began = new AtomicInteger();
    Consumer stopping =
        first.start(
            "a",
            1,
            (message, delivery) -> {
              began.incrementAndGet();
              over.await();
              return Outcome.done();
            });
    await().until(() -> began.get() == 1);
    stopping.stop(Duration.ZERO);
    var tally = new ConcurrentHashMap<String, Delivery>();
    Consumer second =
        new Process()
            .start(
                "b",
                1,
                (message, delivery) -> {
                  tally.put(message.id(), delivery);
                  return Outcome.done();
                });
    Rig.awaitCount(second, "handled", 1);
    assertEquals(0, rig.unsettled());
  }

  @Test
  void suspectThatHangsKeepsTheOthersWaitingForItsTurnOnly() {
    othersRunBesideOneThatHangs(new Process());
  }

  @Test
  void suspectThatHangsLosesItsTurnAlsoWhereThatCannotBeNoted() {
    var process = new Process();
    process.backend.throwingNotes = true;
    othersRunBesideOneThatHangs(process);
  }

  private void othersRunBesideOneThatHangs(Process process) {
    dieWithAll(10);
    letLeasesRunOut();
    var hanging = new AtomicInteger();
    process.start(
        "heir",
        10,
        (message, delivery) -> {
          if (hanging.getAndIncrement() == 0) {
            over.await();
          }
          handled.add(message.id());
          return Outcome.done();
        });
    await().until(() -> hanging.get() == 1);
    rig.clock.advance(Duration.ofSeconds(10));
    await().until(() -> handled.size() == 9);
  }

  @Test
  void suspectsThatAllHangBeginATurnApart() {
    dieWithAll(3);
    letLeasesRunOut();
    var inside = new AtomicInteger();
    new Process()
        .start(
            "heir",
            5,
            (message, delivery) -> {
              inside.incrementAndGet();
              over.await();
              return Outcome.done();
            });
    await().until(() -> inside.get() == 1);
    rig.clock.advance(Duration.ofSeconds(10));
    await().until(() -> inside.get() == 2);
    rig.clock.advance(Duration.ofSeconds(9));
    assertEquals(2, inside.get());
    rig.clock.advance(Duration.ofSeconds(1));
    await().until(() -> inside.get() == 3);
  }

  @Test
  void suspectWhoseLeaseIsLostWhileItsNoteIsWrittenDoesNotRun() {
    dieWithAll(1);
    letLeasesRunOut();
    var process = new Process();
    process.backend.muteNotes = true;
    Consumer consumer = process.start("heir", 1, (message, delivery) -> killing(process, message));
    await().until(() -> process.backend.notes.get() == 1);
    process.backend.renewsNothing = true;
    rig.clock.advance(Rig.LEASE.dividedBy(3));
    Rig.awaitCount(consumer, "leases lost", 1);
    await().until(() -> Rig.count(consumer, "running") == 0);
    assertEquals(Set.of(), handled);
  }

  @Test
  void suspectsThatAProcessHandsBackStaySuspects() {
    dieWithAll(3);
    letLeasesRunOut();
    var inside = new AtomicInteger();
    Consumer stopping =
        new Process()
            .start(
                "heir",
                5,
                (message, delivery) -> {
                  inside.incrementAndGet();
                  over.await();
                  return Outcome.done();
                });
    await().until(() -> inside.get() == 1);
    Rig.awaitCount(stopping, "received", 3);
    stopping.stop(Duration.ZERO);

    var next = new CopyOnWriteArrayList<Received>();
    GroupReader reader = rig.read(next);
    reader.request(3);
    await().until(() -> next.size() == 3);
    for (Received received : next) {
      assertFalse(received.past().recovered());
      Tally tally = Tally.read(received.past().note().orElseThrow()).orElseThrow();
      assertNotEquals(Tally.Mark.NONE, tally.mark());
      assertEquals(0, tally.crashes() + tally.suspicions());
    }
    reader.close();

    var heir = new Process();
    heir.start("last", 5, (message, delivery) -> killing(heir, message));
    await().until(() -> handled.size() == 3);
    assertTrue(heir.backend.notes.get() >= 3);
  }

  @Test
  void suspectsThatWaitBehindASlowOneLeaveTheirCreditToOthers() {
    dieWithAll(5);
    letLeasesRunOut();
    var process = new Process();
    var suspects = new AtomicInteger();
    Consumer heir =
        process.start(
            "heir",
            5,
            (message, delivery) -> {
              if (delivery.attempt() > 1) {
                suspects.incrementAndGet();
                over.await();
              }
              return Outcome.done();
            });
    Rig.awaitCount(heir, "received", 5);
    await().until(() -> suspects.get() == 1);
    rig.send(100);
    rig.clock.advance(Duration.ofSeconds(10));
    Rig.awaitCount(heir, "handled", 100);
    assertTrue(suspects.get() <= 2, "suspects begin a turn apart");

    over.countDown();
    Rig.awaitCount(heir, "handled", 105);
    assertEquals(0, rig.unsettled());
  }

  @Test
  void suspectsOfAConsumerThatStopsKeepNobodyWaitingForTheirTurn() throws Exception {
    var process = new Process();
    var ordinary = new CountDownLatch(1);
    rig.send(1);
    process.start(
        "long",
        1,
        (message, delivery) -> {
          ordinary.countDown();
          over.await();
          return Outcome.done();
        });
    assertTrue(ordinary.await(5, TimeUnit.SECONDS));
    dieWithAll(3);
    Consumer heir = process.start("heir", 3, (message, delivery) -> Outcome.done());
    letLeasesRunOut();
    Rig.awaitCount(heir, "received", 3);
    assertTrue(process.context.company().closed());
    heir.stop(Duration.ZERO);
    assertFalse(process.context.company().closed(), "what was handed back still has its turn");
  }

  @Test
  void suspectsThatHoldAllItMayTakeTurnTheConsumerYellow() {
    dieWithAll(10);
    letLeasesRunOut();
    rig.send(30);
    var process = new Process();
    var inside = new AtomicInteger();
    Consumer consumer =
        process.start(
            "heir",
            10,
            (message, delivery) -> {
              inside.incrementAndGet();
              over.await();
              return Outcome.done();
            });
    for (int turn = 1; turn <= 6; turn++) {
      int begun = turn;
      await().until(() -> inside.get() >= begun);
      rig.clock.advance(Duration.ofSeconds(10));
    }
    var health = consumer.info().health();
    assertEquals(ComponentHealth.Level.YELLOW, health.level(), health.toString());
    assertTrue(health.reason().orElseThrow().contains("one at a time"), health.toString());
    assertEquals(1, process.backend.opened.get());
  }
}
