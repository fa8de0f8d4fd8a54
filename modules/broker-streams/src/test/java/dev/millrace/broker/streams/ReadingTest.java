package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.StreamSpec;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a consumer reads, from where, and how it stops. */
class ReadingTest {
  private final Rig rig = new Rig();
  private final StreamsContext process = rig.process();
  private final Set<String> handled = ConcurrentHashMap.newKeySet();
  private final CountDownLatch over = new CountDownLatch(1);

  @AfterEach
  void close() {
    over.countDown();
    rig.close();
  }

  private final OutcomeHandler<Message> collecting =
      (message, delivery) -> {
        handled.add(message.id());
        return Outcome.done();
      };

  @Test
  void workQueueIsEmptyWhenAllIsDone() {
    rig.send(20);
    rig.start(process, "a", config -> config.workQueue(true), collecting);
    await().until(() -> rig.state().length() == 0);
    assertEquals(20, handled.size());
  }

  @Test
  void workQueueIsRefusedWhereAnotherGroupReads() {
    Rig.get(rig.memory.log().declare(new StreamSpec(Rig.STREAM, Set.of("audit"))));
    var error =
        assertThrows(
            InvalidConfigException.class,
            () -> rig.start(process, "a", config -> config.workQueue(true), collecting));
    assertTrue(error.getMessage().contains("[audit]"), error.getMessage());
  }

  @Test
  void groupBeginsAtTheOldestMessageByDefault() {
    rig.send(3);
    rig.start(process, "a", config -> config, collecting);
    await().until(() -> handled.equals(Set.of("m0", "m1", "m2")));
  }

  @Test
  void groupMayBeginWithWhatIsNew() {
    rig.send(3);
    Consumer consumer =
        rig.start(process, "a", config -> config.start(StartPosition.latest()), collecting);
    rig.send(1);
    Rig.awaitCount(consumer, "handled", 1);
    assertEquals(Set.of("m0"), handled);
  }

  @Test
  void groupMayBeginBehindAMessage() {
    rig.send(3);
    String second = rig.state().first().orElseThrow().value().replace("-0", "-1");
    rig.start(process, "a", config -> config.start(StartPosition.after(second)), collecting);
    await().until(() -> rig.unsettled() == 0 && handled.equals(Set.of("m2")));
  }

  @Test
  void groupMayBeginAtATime() {
    rig.send(2);
    rig.clock.advance(Duration.ofMinutes(1));
    var then = rig.clock.now();
    rig.send(1);
    Consumer consumer =
        rig.start(process, "a", config -> config.start(StartPosition.at(then)), collecting);
    Rig.awaitCount(consumer, "handled", 1);
    assertEquals(Set.of("m0"), handled);
  }

  @Test
  void messagesOfAPausedConsumerWaitForItsResumption() {
    Consumer consumer = rig.start(process, "a", config -> config, collecting);
    consumer.pause();
    rig.send(10);
    assertEquals(10, rig.unsettled());
    consumer.resume();
    Rig.awaitCount(consumer, "handled", 10);
  }

  @Test
  void pausingAndResumingUnderLoadNeverEndsWithoutCredit() {
    Consumer consumer = rig.start(process, "a", config -> config.concurrency(3), collecting);
    for (int round = 0; round < 200; round++) {
      rig.send(5);
      consumer.pause();
      consumer.resume();
    }
    await().until(() -> rig.unsettled() == 0);
    rig.send(1);
    Rig.awaitCount(consumer, "handled", 1_001);
  }

  @Test
  void consumerReadsOnWhenAllItsLeasesWereLostWithAQueueWaiting() {
    var quick = new AtomicInteger(200);
    Consumer consumer =
        rig.start(
            process,
            "a",
            config -> config.concurrency(1).count(10),
            (message, delivery) -> {
              if (quick.decrementAndGet() == 0) {
                new CountDownLatch(1).await();
              }
              return Outcome.done();
            });
    rig.send(1_000);
    await().until(() -> quick.get() == 0);
    // All credit is used up: a queue waits behind the handler that does not end.
    await()
        .during(Duration.ofMillis(100))
        .until(() -> Rig.count(consumer, "received"), received -> received > 210);
    Rig.get(rig.memory.log().delete(Rig.STREAM));
    rig.clock.advance(Rig.LEASE.dividedBy(2));
    rig.send(50);
    await().until(() -> Rig.count(consumer, "handled") >= 249);
  }

  @Test
  void drainLosesNothingWhateverItsAttemptsWaitFor() {
    rig.send(300);
    var first = new AtomicInteger();
    Consumer stopping =
        rig.start(
            process,
            "a",
            config -> config.concurrency(5),
            (message, delivery) -> {
              int run = first.incrementAndGet();
              if (run % 7 == 0) {
                throw new IllegalStateException("again, later");
              }
              if (run % 11 == 0) {
                return Outcome.retry(Duration.ofHours(1));
              }
              if (run > 100) {
                over.await();
              }
              handled.add(message.id());
              return Outcome.done();
            });
    await().until(() -> first.get() > 104);
    DrainReport report = stopping.stop(Duration.ZERO);
    assertTrue(report.cutOff() > 0, report.toString());

    rig.start(process, "b", config -> config, collecting);
    rig.clock.advance(Duration.ofHours(1));
    await()
        .until(
            () -> {
              rig.clock.advance(Duration.ofSeconds(10));
              return rig.unsettled() == 0;
            });
    assertEquals(300, handled.size());
    assertFalse(rig.deadLetters().size() > 0);
  }
}
