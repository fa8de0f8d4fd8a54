package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.ComponentHealth.Level;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.Outcome;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A consumer whose stream has messages that do not come. */
class ProgressTest {
  private final Rig rig = new Rig();
  private final FaultyBackend backend = new FaultyBackend(rig.memory);
  private final CountDownLatch over = new CountDownLatch(1);

  @AfterEach
  void close() {
    over.countDown();
    rig.close();
  }

  private Consumer start() {
    return rig.start(
        rig.process(backend),
        "a",
        config -> config.concurrency(2),
        (message, delivery) -> Outcome.done());
  }

  private static Level level(Consumer consumer) {
    return consumer.info().health().level();
  }

  private void pass(Duration time) {
    for (Duration left = time; left.isPositive(); left = left.minusSeconds(5)) {
      rig.clock.advance(Duration.ofSeconds(5));
    }
  }

  @Test
  void silentReaderTurnsTheConsumerRedAndIsReplaced() {
    backend.silentReaders.set(2);
    Consumer consumer = start();
    rig.send(3);
    pass(Duration.ofSeconds(50));
    await().until(() -> Rig.count(consumer, "stalled") == 1);
    assertEquals(Level.RED, level(consumer));
    assertTrue(consumer.info().health().reason().orElseThrow().contains("has messages"));
    await().until(() -> backend.opened.get() == 2);
    assertEquals(0, Rig.count(consumer, "handled"));

    pass(Duration.ofSeconds(20));
    await().until(() -> backend.opened.get() == 3);
    Rig.awaitCount(consumer, "handled", 3);
    assertEquals(Level.GREEN, level(consumer));
    assertEquals(0, rig.unsettled());
  }

  @Test
  void idleConsumerIsGreen() {
    Consumer consumer = start();
    rig.send(3);
    Rig.awaitCount(consumer, "handled", 3);
    pass(Duration.ofMinutes(5));
    assertEquals(Level.GREEN, level(consumer));
    assertEquals(1, backend.opened.get());
  }

  @Test
  void messageThatComesAfterALongSilenceIsNoStall() {
    Consumer consumer = start();
    pass(Duration.ofMinutes(5));
    rig.send(1);
    Rig.awaitCount(consumer, "handled", 1);
    pass(Duration.ofSeconds(20));
    assertEquals(0, Rig.count(consumer, "stalled"));
    assertEquals(Level.GREEN, level(consumer));
  }

  @Test
  void pausedConsumerIsGreenWhateverWaits() {
    Consumer consumer = start();
    consumer.pause();
    rig.send(3);
    pass(Duration.ofMinutes(3));
    assertEquals(Level.GREEN, level(consumer));
    assertEquals(1, backend.opened.get());
  }

  @Test
  void consumerWhoseHandlersAreAllBusyIsYellow() {
    var inside = new AtomicInteger();
    Consumer consumer =
        rig.start(
            rig.process(backend),
            "a",
            config -> config.concurrency(2),
            (message, delivery) -> {
              inside.incrementAndGet();
              over.await();
              return Outcome.done();
            });
    rig.send(5);
    await().until(() -> inside.get() == 2);
    pass(Duration.ofMinutes(2));
    assertEquals(Level.YELLOW, level(consumer));
    assertEquals(1, backend.opened.get());
    over.countDown();
    Rig.awaitCount(consumer, "handled", 5);
    pass(Duration.ofSeconds(20));
    assertEquals(Level.GREEN, level(consumer));
  }

  @Test
  void settlementsWithoutAnAnswerTurnItRed() {
    backend.mute = true;
    Consumer consumer = start();
    rig.send(1);
    Rig.awaitCount(consumer, "received", 1);
    await()
        .until(
            () -> {
              pass(Duration.ofSeconds(10));
              return level(consumer) == Level.RED;
            });
    assertTrue(
        consumer.info().health().reason().orElseThrow().contains("settlements"),
        consumer.info().health().toString());
  }

  /** Behind all that is in the stream. */
  private static final String DELETED = "1895219200000-7";

  @Test
  void consumerThatReadWhatWasDeletedSinceIsGreen() {
    Consumer consumer = start();
    rig.send(3);
    Rig.awaitCount(consumer, "handled", 3);
    backend.readUpTo = DELETED;
    pass(Duration.ofMinutes(3));
    assertEquals(Level.GREEN, level(consumer));
    assertEquals(1, backend.opened.get());
  }

  @Test
  void silentReaderIsSeenWhereTheLagIsUnknown() {
    backend.silentReaders.set(1);
    backend.readUpTo = "0-0";
    Consumer consumer = start();
    rig.send(3);
    pass(Duration.ofSeconds(50));
    Rig.awaitCount(consumer, "handled", 3);
    assertEquals(1, Rig.count(consumer, "stalled"));
  }

  @Test
  void stalledConsumerIsGreenAgainWhenOthersHaveReadEverything() {
    backend.silentReaders.set(100);
    Consumer consumer = start();
    rig.send(3);
    pass(Duration.ofSeconds(50));
    await().until(() -> level(consumer) == Level.RED);
    backend.readUpTo = DELETED;
    pass(Duration.ofSeconds(30));
    assertEquals(Level.GREEN, level(consumer));
  }
}
