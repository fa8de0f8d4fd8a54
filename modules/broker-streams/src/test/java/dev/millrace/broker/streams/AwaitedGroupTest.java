package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.StartPosition;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A consumer that begins with what is new is started when its group is there, and not before. */
class AwaitedGroupTest {
  private final Rig rig = new Rig();
  private final FaultyBackend backend = new FaultyBackend(rig.memory);
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private Consumer consumer = consumer(StartPosition.latest());

  @AfterEach
  void close() {
    ready.complete(null);
    consumer.close();
    rig.close();
  }

  private Consumer consumer(StartPosition start) {
    return Consumers.create(
        "a",
        Rig.config("a", config -> config.start(start)),
        (message, delivery) -> Outcome.done(),
        rig.process(backend),
        () -> {});
  }

  private CompletableFuture<Void> starting() {
    backend.ready = ready;
    var starting = new CompletableFuture<Void>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                consumer.start();
                starting.complete(null);
              } catch (RuntimeException failed) {
                starting.completeExceptionally(failed);
              }
            });
    await().until(() -> backend.asked.get() > 0);
    return starting;
  }

  private static <E> E failure(Class<E> type, CompletableFuture<?> starting) {
    return assertInstanceOf(
        type, assertThrows(CompletionException.class, starting::join).getCause());
  }

  @Test
  void isNotStartedBeforeItsGroupIsThere() {
    var starting = starting();
    assertFalse(starting.isDone());
    assertEquals(Component.State.STARTING, consumer.state());
    ready.complete(null);
    starting.join();
    assertEquals(Component.State.RUNNING, consumer.state());
  }

  @Test
  void failsAtOnceWhereItsReaderDoesAndMayBeStartedAgain() {
    var starting = starting();
    var refused = new BackendException("read", "s", "NOPERM", "it may not", "Let it", null);
    ready.completeExceptionally(refused);
    assertSame(refused, failure(BackendException.class, starting));
    assertEquals(1, backend.left.get());
    backend.ready = null;
    consumer.start();
    assertEquals(Component.State.RUNNING, consumer.state());
  }

  @Test
  void failsWhereItsGroupIsNotMadeInTime() {
    var starting = starting();
    rig.clock.advance(Duration.ofSeconds(4));
    assertFalse(starting.isDone());
    rig.clock.advance(Duration.ofSeconds(1));
    var late = failure(InvalidStateException.class, starting);
    assertTrue(late.getMessage().contains("its group was not made within PT5S"), late.getMessage());
  }

  @Test
  void waitsForNothingWhereItBeginsAtTheBeginning() {
    backend.ready = ready;
    consumer = consumer(StartPosition.beginning());
    consumer.start();
    assertEquals(Component.State.RUNNING, consumer.state());
  }
}
