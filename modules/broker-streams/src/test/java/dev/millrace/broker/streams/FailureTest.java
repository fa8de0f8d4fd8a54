package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.ReaderSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Handlers that throw, return what they should not, or never return. */
class FailureTest {
  private final Rig rig = new Rig();
  private final FaultyBackend backend = new FaultyBackend(rig.memory);
  private final StreamsContext process = rig.process(backend);
  private final CountDownLatch over = new CountDownLatch(1);

  @AfterEach
  void close() {
    over.countDown();
    rig.close();
  }

  private static RetryPolicy.Builder quick() {
    return RetryPolicy.builder().firstDelay(Duration.ZERO).maxDelay(Duration.ZERO).jitter(0);
  }

  private Consumer failing(RetryPolicy retry, OutcomeHandler<Message> handler) {
    return rig.start(process, "a", config -> config.retry(retry).concurrency(2), handler);
  }

  @Test
  void handingBackIsNoFailure() throws Exception {
    rig.send(1);
    for (int round = 0; round < 4; round++) {
      var began = new CountDownLatch(1);
      Consumer stopping =
          failing(
              quick().maxAttempts(2).build(),
              (message, delivery) -> {
                began.countDown();
                over.await();
                return Outcome.done();
              });
      assertTrue(began.await(5, TimeUnit.SECONDS));
      stopping.close();
    }
    var runs = new AtomicInteger();
    failing(
        quick().maxAttempts(2).build(),
        (message, delivery) -> {
          runs.incrementAndGet();
          throw new IllegalStateException("always");
        });
    Entry dead = rig.deadLetter();
    assertEquals(2, runs.get());
    assertEquals("2", dead.headers().get("dead.attempts"));
    assertEquals(
        "failed 2 times, last: IllegalStateException: always", dead.headers().get("dead.reason"));
  }

  @Test
  void deadLetterTellsAllAndKeepsTheMessage() {
    var whole = new Entry("id", "type", "key", Map.of("h", "1"), Fields.of("n", "1", "other", "x"));
    Rig.get(rig.memory.log().append(Rig.STREAM, List.of(whole), AppendGuard.none()));
    failing(
        RetryPolicy.none(),
        (message, delivery) -> {
          throw new IllegalArgumentException("wrong");
        });
    Entry dead = rig.deadLetter();
    assertEquals(whole.id(), dead.id());
    assertEquals(whole.type(), dead.type());
    assertEquals(whole.key(), dead.key());
    assertEquals(whole.fields(), dead.fields());
    Map<String, String> headers = dead.headers();
    assertEquals("1", headers.get("h"));
    assertEquals("java.lang.IllegalArgumentException", headers.get("dead.error"));
    assertTrue(headers.get("dead.stack").contains("FailureTest"), headers.get("dead.stack"));
    assertTrue(headers.get("dead.stack").length() <= 4_096);
  }

  @Test
  void kindsOfErrorHaveRetriesOfTheirOwn() {
    var runs = new AtomicInteger();
    failing(
        quick().maxAttempts(10).deadLetterOn(IllegalArgumentException.class).build(),
        (message, delivery) -> {
          if (runs.incrementAndGet() < 3) {
            throw new IllegalStateException("again");
          }
          throw new NumberFormatException("never");
        });
    rig.send(1);
    assertEquals("java.lang.NumberFormatException", rig.deadLetter().headers().get("dead.error"));
    assertEquals(3, runs.get());
  }

  @Test
  void errorsOfTheMachineAreFailuresAndTheConsumerLivesOn() {
    Consumer consumer =
        failing(
            quick().maxAttempts(2).build(),
            (message, delivery) -> {
              switch (message.id()) {
                case "m0" -> throw new OutOfMemoryError("simulated");
                case "m1" -> throw new StackOverflowError();
                case "m2" -> throw new Unspeakable();
                default -> {}
              }
              return Outcome.done();
            });
    rig.send(10);
    Rig.awaitCount(consumer, "handled", 7);
    await().until(() -> rig.deadLetters().size() == 2);
    assertEquals(5, Rig.count(consumer, "failed"));
  }

  /** An error that breaks whoever describes it. */
  private static final class Unspeakable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new StackOverflowError();
    }
  }

  @Test
  void slotsAreNotLostToErrorsThatCannotBeDescribed() {
    var runs = new AtomicInteger();
    rig.send(50);
    Consumer consumer =
        failing(
            quick().build(),
            (message, delivery) -> {
              if (runs.incrementAndGet() <= 40) {
                throw new Unspeakable();
              }
              return Outcome.done();
            });
    Rig.awaitCount(consumer, "handled", 10);
    rig.clock.advance(Rig.LEASE.multipliedBy(2));
    Rig.awaitCount(consumer, "handled", 50);
  }

  @Test
  void handlerThatRunsTooLongIsInterruptedAndHasFailed() {
    var interrupted = new AtomicInteger();
    var inside = new AtomicInteger();
    Consumer consumer =
        rig.start(
            process,
            "a",
            config ->
                config.handlerTimeout(Duration.ofSeconds(3)).retry(quick().maxAttempts(2).build()),
            (message, delivery) -> {
              inside.incrementAndGet();
              try {
                over.await();
              } catch (InterruptedException stop) {
                assertTrue(delivery.cancelled());
                interrupted.incrementAndGet();
                Thread.currentThread().interrupt();
              }
              return Outcome.done();
            });
    rig.send(1);
    for (int attempt = 1; attempt <= 2; attempt++) {
      int expected = attempt;
      await().until(() -> inside.get() == expected);
      rig.clock.advance(Duration.ofSeconds(3));
      await().until(() -> interrupted.get() == expected);
    }
    assertEquals(
        "dev.millrace.broker.api.HandlerTimeoutException",
        rig.deadLetter().headers().get("dead.error"));
    assertEquals(0, Rig.count(consumer, "handled"));
  }

  @Test
  void handlerThatIgnoresTheInterruptKeepsItsMessageUntilItEnds() {
    var deaf = new AtomicInteger();
    var release = new CountDownLatch(1);
    Consumer consumer =
        rig.start(
            process,
            "a",
            config -> config.handlerTimeout(Duration.ofSeconds(3)).concurrency(1),
            (message, delivery) -> {
              if (deaf.incrementAndGet() > 1) {
                return Outcome.done();
              }
              awaitDeaf(release);
              return Outcome.done();
            });
    rig.send(1);
    await().until(() -> deaf.get() == 1);
    for (int i = 0; i < 12; i++) {
      rig.clock.advance(Rig.LEASE.dividedBy(3));
    }
    assertEquals(1, deaf.get());
    assertEquals(1, rig.state().groups().getFirst().pending());
    release.countDown();
    Rig.awaitCount(consumer, "retried", 1);
    assertEquals(0, Rig.count(consumer, "handled"));
    rig.clock.advance(Duration.ofSeconds(2));
    Rig.awaitCount(consumer, "handled", 1);
  }

  private static void awaitDeaf(CountDownLatch latch) {
    boolean through = false;
    while (!through) {
      try {
        latch.await();
        through = true;
      } catch (InterruptedException ignored) {
        // Deaf on purpose.
        Thread.interrupted();
      }
    }
  }

  @Test
  void quickHandlerIsNotTouchedByItsTimeLimit() {
    Consumer consumer =
        rig.start(
            process,
            "a",
            config -> config.handlerTimeout(Duration.ofSeconds(3)),
            (message, delivery) -> Outcome.done());
    rig.send(100);
    Rig.awaitCount(consumer, "handled", 100);
    rig.clock.advance(Duration.ofSeconds(10));
    assertEquals(0, Rig.count(consumer, "failed"));
  }

  @Test
  void retryAskedForOverTheLimitIsADeadLetter() {
    var runs = new AtomicInteger();
    failing(
        RetryPolicy.builder().maxAttempts(3).build(),
        (message, delivery) -> {
          runs.incrementAndGet();
          return Outcome.retry(Duration.ZERO);
        });
    rig.send(1);
    assertEquals(
        "asked for a retry after the last of 3 attempts",
        rig.deadLetter().headers().get("dead.reason"));
    assertEquals(3, runs.get());
  }

  @Test
  void refusedDeadLetterStaysPendingAndIsMovedLaterWithoutAnotherAttempt() {
    backend.refusedMoves.set(12);
    var runs = new AtomicInteger();
    failing(
        RetryPolicy.none(),
        (message, delivery) -> {
          runs.incrementAndGet();
          return Outcome.deadLetter("no");
        });
    rig.send(1);
    await().until(() -> backend.refusedMoves.get() == 11);
    for (int third = 0; third < 3; third++) {
      rig.clock.advance(Rig.LEASE.dividedBy(3));
    }
    assertEquals(1, rig.state().groups().getFirst().pending());
    assertEquals(List.of(), rig.deadLetters());
    backend.refusedMoves.set(0);
    pass(Duration.ofMinutes(1));
    assertEquals("no", rig.deadLetter().headers().get("dead.reason"));
    assertEquals(0, rig.unsettled());
    assertEquals(1, runs.get());
  }

  @Test
  void refusedDeadLetterIsTriedMoreAndMoreSeldomAndShowsInTheHealth() {
    backend.refusedMoves.set(1_000);
    var runs = new AtomicInteger();
    Consumer consumer =
        failing(
            RetryPolicy.none(),
            (message, delivery) -> {
              runs.incrementAndGet();
              return Outcome.deadLetter("no");
            });
    rig.send(1);
    await().until(() -> backend.refusedMoves.get() == 999);
    pass(Duration.ofHours(1));
    int first = 1_000 - backend.refusedMoves.get();
    assertTrue(first > 15 && first < 40, () -> first + " tries in an hour");
    pass(Duration.ofHours(1));
    int second = 1_000 - backend.refusedMoves.get() - first;
    assertTrue(second >= 12 && second <= 24, () -> second + " tries in another hour");
    ComponentInfo info = consumer.info();
    assertEquals(ComponentHealth.Level.YELLOW, info.health().level());
    String reason = info.health().reason().orElseThrow();
    assertTrue(reason.contains("refuses 1 dead letters for [" + Rig.DEAD + "]"), reason);
    assertTrue(info.lastError().orElseThrow().contains("refuses MoveTo"), info.toString());
    assertEquals(1, rig.state().groups().getFirst().pending());

    backend.refusedMoves.set(0);
    pass(Duration.ofMinutes(6));
    assertEquals("no", rig.deadLetter().headers().get("dead.reason"));
    assertEquals(ComponentHealth.Level.GREEN, consumer.info().health().level());
    assertEquals(1, runs.get());
  }

  private void pass(Duration time) {
    for (Duration left = time; left.isPositive(); left = left.minusSeconds(5)) {
      rig.clock.advance(Duration.ofSeconds(5));
    }
  }

  @Test
  void settlementUnderWayIsRepeatedThoughARenewalDoesNotKnowItsMessage() {
    backend.renewsNothing = true;
    backend.unknownSettlements.set(8);
    Consumer consumer = failing(quick().build(), (message, delivery) -> Outcome.done());
    rig.send(1);
    await().until(() -> backend.unknownSettlements.get() == 7);
    for (int second = 0; second < 20; second++) {
      rig.clock.advance(Duration.ofSeconds(1));
    }
    Rig.awaitCount(consumer, "handled", 1);
    assertEquals(0, Rig.count(consumer, "stale"));
  }

  @Test
  void noteThatCannotBeReadCountsForNothing() {
    rig.send(1);
    leaveNote("garbage");
    Consumer consumer = failing(quick().build(), (message, delivery) -> Outcome.done());
    Rig.awaitCount(consumer, "handled", 1);
    assertEquals(0, rig.unsettled());
  }

  private void leaveNote(String text) {
    var group = new GroupRef(Rig.STREAM, "g");
    var spec =
        new ReaderSpec(
            "visitor",
            dev.millrace.broker.api.StartPosition.beginning(),
            1,
            Duration.ofSeconds(1),
            Rig.LEASE,
            false);
    var sink = new FirstDelivery();
    var reader = rig.memory.log().open(group, spec, sink);
    reader.request(1);
    var held = sink.first.join();
    assertTrue(Rig.get(rig.memory.facet(Leases.class).orElseThrow().note(group, held, text)));
    Rig.get(reader.leave());
  }

  @Test
  void typeThatNobodyKnowsIsADeadLetterAfterAnHourOverAllProcesses() {
    rig.send(1);
    for (int minute = 0; minute < 70 && rig.deadLetters().isEmpty(); minute++) {
      Consumer shortLived =
          rig.start(
              rig.process(),
              "p" + minute,
              config -> config,
              (message, delivery) -> {
                throw new NoHandlerException(message.stream(), "X");
              });
      await()
          .until(
              () ->
                  Rig.count(shortLived, "unhandled") + Rig.count(shortLived, "dead-lettered") > 0);
      shortLived.close();
      rig.clock.advance(Duration.ofMinutes(1));
    }
    assertEquals("nobody handled it for 60 minutes", rig.deadLetter().headers().get("dead.reason"));
    assertEquals(Optional.of("m0"), rig.deadLetter().id());
  }

  @Test
  void waitForAHandlerOfItsTypeIsNoFailure() {
    rig.send(1);
    var runs = new AtomicInteger();
    var known = new AtomicInteger();
    Consumer consumer =
        failing(
            quick().maxAttempts(2).build(),
            (message, delivery) -> {
              if (known.get() == 0) {
                throw new NoHandlerException(message.stream(), "X");
              }
              if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("once");
              }
              return Outcome.done();
            });
    for (int i = 1; i <= 5; i++) {
      Rig.awaitCount(consumer, "unhandled", i);
      known.set(i / 5);
      rig.clock.advance(Duration.ofMinutes(1));
    }
    Rig.awaitCount(consumer, "handled", 1);
    assertEquals(2, runs.get());
    assertFalse(rig.unsettled() > 0);
  }
}
