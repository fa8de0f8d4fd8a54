package dev.millrace.broker.backend.memory;

import static dev.millrace.broker.backend.memory.Fixture.LEASE;
import static dev.millrace.broker.backend.memory.Fixture.append;
import static dev.millrace.broker.backend.memory.Fixture.context;
import static dev.millrace.broker.backend.memory.Fixture.get;
import static dev.millrace.broker.backend.memory.Fixture.open;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReaderTest {
  private final VirtualClock clock = new VirtualClock(Instant.parse("2024-06-10T08:00:00Z"));
  private final MemoryBackend backend = MemoryBackend.open(context(clock));
  private final CollectingSink sink = new CollectingSink();

  @AfterEach
  void closeAndFindNoTimerLeft() {
    backend.close();
    assertEquals(0, clock.pendingTimers());
  }

  @Test
  void keepsOneTimerHoweverManyEntriesAreHeld() {
    open(backend, "orders", "one", sink).request(100);
    append(backend, "orders", "a", "b", "c");
    append(backend, "orders", "d");
    waitFor(4);
    assertEquals(1, clock.pendingTimers());
  }

  @Test
  void setsNoTimerAgainOnceNothingIsHeld() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(1);
    append(backend, "orders", "a");
    waitFor(1);
    ack(reader, sink.received.get(0));
    clock.advance(LEASE);
    assertEquals(0, clock.pendingTimers());
  }

  @Test
  void leavesNoTimerOfADelayedReleaseBehind() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(1);
    append(backend, "orders", "a");
    waitFor(1);
    var release = new Settlement.Release(sink.received.get(0), Duration.ofDays(400));
    assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(release))));
    clock.advance(LEASE);
    assertEquals(1, clock.pendingTimers());
  }

  @Test
  void givesAPartToEachReaderThatWaits() {
    var other = new CollectingSink();
    open(backend, "orders", "one", sink).request(100);
    open(backend, "orders", "two", other).request(100);
    append(backend, "orders", "a", "b", "c", "d");
    await().untilAsserted(() -> assertEquals(4, sink.received.size() + other.received.size()));
    assertFalse(sink.received.isEmpty() || other.received.isEmpty());
  }

  @Test
  void acceptsALateAcknowledgementWhileNobodyElseHasTheEntry() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(1);
    append(backend, "orders", "a");
    waitFor(1);
    clock.advance(LEASE.plusSeconds(1));
    assertEquals(Settled.DONE, ack(reader, sink.received.get(0)));
    reader.request(1);
    clock.advance(LEASE);
    assertEquals(1, sink.received.size());
  }

  @Test
  void renewsALeaseThatRanOutWhileNobodyElseHasTheEntry() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(1);
    append(backend, "orders", "a");
    waitFor(1);
    clock.advance(LEASE.plusSeconds(1));
    Leases leases = backend.facet(Leases.class).orElseThrow();
    var renewed = get(leases.renew(new GroupRef("orders", "group"), sink.received, LEASE));
    assertEquals(1, renewed.size());
    reader.request(1);
    clock.advance(LEASE.minusSeconds(1));
    assertEquals(1, sink.received.size());
    clock.advance(Duration.ofSeconds(1));
    waitFor(2);
  }

  @Test
  void renewsForAShorterTimeToo() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(4);
    append(backend, "orders", "a", "b");
    waitFor(2);
    Leases leases = backend.facet(Leases.class).orElseThrow();
    List<Received> second = List.of(sink.received.get(1));
    get(leases.renew(new GroupRef("orders", "group"), second, Duration.ofSeconds(2)));
    clock.advance(Duration.ofSeconds(2));
    waitFor(3);
    assertEquals("b", sink.ids().get(2));
  }

  @Test
  void refusesReceiptsOfAnotherGroup() {
    GroupReader reader = open(backend, "orders", "one", sink);
    GroupReader elsewhere = open(backend, "invoices", "one", new CollectingSink());
    reader.request(1);
    append(backend, "orders", "a");
    waitFor(1);
    assertEquals(Settled.STALE, ack(elsewhere, sink.received.get(0)));
    assertEquals(Settled.DONE, ack(reader, sink.received.get(0)));
  }

  @Test
  void makesNoStreamForAStaleMove() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(1);
    append(backend, "orders", "a");
    waitFor(1);
    Received received = sink.received.get(0);
    ack(reader, received);
    var move = new Settlement.MoveTo(received, "dead", received.entry());
    assertEquals(List.of(Settled.STALE), get(reader.settle(List.of(move))));
    assertFalse(get(backend.log().describe("dead")).exists());
  }

  @Test
  void movesWithinTheSameStream() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(2);
    append(backend, "orders", "a");
    waitFor(1);
    Received received = sink.received.get(0);
    var move = new Settlement.MoveTo(received, "orders", Fixture.entry("b"));
    assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(move))));
    waitFor(2);
    assertEquals("b", sink.ids().get(1));
  }

  @Test
  void goesOnAfterASinkThrew() {
    var broken =
        new CollectingSink() {
          @Override
          public void deliver(List<Received> batch) {
            super.deliver(batch);
            if (received.size() == 1) {
              throw new IllegalStateException("the sink's own fault");
            }
          }
        };
    open(backend, "orders", "one", broken).request(10);
    append(backend, "orders", "a");
    await().untilAsserted(() -> assertEquals(1, broken.received.size()));
    append(backend, "orders", "b");
    await().untilAsserted(() -> assertEquals(List.of("a", "b"), broken.ids()));
    clock.advance(LEASE);
    await().untilAsserted(() -> assertEquals(4, broken.received.size()));
  }

  @Test
  void closesFromInsideASinkWithoutWaitingForItself() throws Exception {
    var closed = new CountDownLatch(1);
    var closing =
        new CollectingSink() {
          @Override
          public void deliver(List<Received> batch) {
            backend.close();
            closed.countDown();
          }
        };
    open(backend, "orders", "one", closing).request(1);
    append(backend, "orders", "a");
    assertTrue(closed.await(2, java.util.concurrent.TimeUnit.SECONDS));
  }

  @Test
  void refusesEverythingOnceClosed() {
    backend.close();
    assertThrows(
        InvalidStateException.class, () -> open(backend, "orders", "one", new CollectingSink()));
    var failure = assertThrows(CompletionException.class, () -> append(backend, "orders", "a"));
    assertEquals(InvalidStateException.class, failure.getCause().getClass());
    assertFalse(get(backend.health()).up());
  }

  @Test
  void finishesAStopThatIsResumedDuringTheCall() throws Exception {
    var inside = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var slow =
        new CollectingSink() {
          @Override
          public void deliver(List<Received> batch) {
            super.deliver(batch);
            inside.countDown();
            try {
              goOn.await();
            } catch (InterruptedException stopped) {
              Thread.currentThread().interrupt();
            }
          }
        };
    GroupReader reader = open(backend, "orders", "one", slow);
    reader.request(1);
    append(backend, "orders", "a", "b");
    inside.await();
    var stopped = reader.stopReading().toCompletableFuture();
    assertFalse(stopped.isDone());
    reader.resumeReading();
    reader.request(1);
    goOn.countDown();
    get(stopped);
    await().untilAsserted(() -> assertEquals(List.of("a", "b"), slow.ids()));
  }

  private void waitFor(int count) {
    await().untilAsserted(() -> assertEquals(count, sink.received.size()));
  }

  private static Settled ack(GroupReader reader, Received received) {
    return get(reader.settle(List.of(new Settlement.Ack(received)))).get(0);
  }
}
