package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import io.lettuce.core.Range;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SettlingTest extends ReaderTest {
  private static final Duration SHORT = Duration.ofMillis(400);

  @Test
  void refusesALateAcknowledgementOfWhatAnotherHasNow() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", SHORT), sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    var next = new RecordingSink();
    GroupReader other = process("other").open(ref("s"), spec("other", SHORT), next);
    other.request(1);
    await().until(() -> next.size() == 1);
    assertEquals(OptionalInt.of(2), next.received.get(0).delivery());
    assertEquals(List.of(Settled.STALE), ackAll(reader, sink.received));
    assertEquals(1, pending("s"));
    assertEquals(List.of(Settled.DONE), ackAll(other, next.received));
    assertEquals(0, pending("s"));
  }

  @Test
  void acceptsALateAcknowledgementOfWhatNobodyTook() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", SHORT), sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    await().until(() -> idle("s") > SHORT.toMillis() + 50);
    assertEquals(List.of(Settled.DONE), ackAll(reader, sink.received));
    assertEquals(0, pending("s"));
  }

  @Test
  void settlesEachDeliveryOnce() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    Received one = sink.received.get(0);
    assertEquals(
        List.of(Settled.DONE, Settled.STALE), get(reader.settle(List.of(ack(one), ack(one)))));
    assertEquals(List.of(Settled.STALE), get(reader.settle(List.of(ack(one)))));
  }

  @Test
  void renewsWhatIsStillItsOwn() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofSeconds(1)), sink);
    add("s", 3);
    reader.request(3);
    await().until(() -> sink.size() == 3);
    redis.xclaim("s", io.lettuce.core.Consumer.from(GROUP, "thief"), 0, sink.positions().get(1));
    var renewed = get(readers.renew(ref("s"), List.copyOf(sink.received), Duration.ofSeconds(1)));
    assertEquals(Set.of(sink.received.get(0).position(), sink.received.get(2).position()), renewed);
    assertEquals(List.of(Settled.DONE, Settled.STALE, Settled.DONE), ackAll(reader, sink.received));
    assertEquals(1, pending("s"));
  }

  @Test
  void renewalKeepsAnEntryFromOthersForManyLeases() {
    Duration lease = Duration.ofSeconds(2);
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", lease), sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    var next = new RecordingSink();
    process("other").open(ref("s"), spec("other", lease), next).request(1);
    await()
        .pollInterval(Duration.ofMillis(100))
        .during(lease.multipliedBy(3))
        .until(() -> get(readers.renew(ref("s"), List.copyOf(sink.received), lease)).size() == 1);
    assertEquals(0, next.size());
    assertEquals(List.of(Settled.DONE), ackAll(reader, sink.received));
  }

  @Test
  void releasesAtOnceAndLater() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofSeconds(2)), sink);
    add("s", 2);
    reader.request(2);
    await().until(() -> sink.size() == 2);
    reader.request(10);
    long from = System.nanoTime();
    var results =
        get(
            reader.settle(
                List.of(
                    new Settlement.Release(sink.received.get(0), Duration.ZERO),
                    new Settlement.Release(sink.received.get(1), Duration.ofMillis(2_500)))));
    assertEquals(List.of(Settled.DONE, Settled.DONE), results);
    await().until(() -> sink.size() >= 3);
    assertTrue(Duration.ofNanos(System.nanoTime() - from).toMillis() < 2_500);
    Received again = sink.received.get(2);
    assertEquals(sink.received.get(0).position(), again.position());
    assertEquals(OptionalInt.of(2), again.delivery());
    assertEquals(List.of(Settled.DONE), ackAll(reader, List.of(again)));
    // Longer than its lease, and yet it comes to its reader, once.
    await().until(() -> sink.size() >= 4);
    assertTrue(Duration.ofNanos(System.nanoTime() - from).toMillis() >= 2_500);
    assertEquals(OptionalInt.of(2), sink.received.get(3).delivery());
    assertEquals(List.of(Settled.DONE), ackAll(reader, List.of(sink.received.get(3))));
    assertEquals(0, pending("s"));
  }

  @Test
  void aReleaseWaitsForCreditOrGoesToWhoeverHasSome() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofSeconds(1)), sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    get(reader.settle(List.of(new Settlement.Release(sink.received.get(0), Duration.ZERO))));
    await().during(Duration.ofMillis(200)).until(() -> sink.size() == 1);
    var next = new RecordingSink();
    process("other").open(ref("s"), spec("other", Duration.ofSeconds(1)), next).request(1);
    await().until(() -> next.size() == 1);
  }

  @Test
  void movesInOneStep() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    var entry = Entry.of("id-1", Fields.of("why", "poison"));
    var move = new Settlement.MoveTo(sink.received.get(0), "{s}:dead:main", entry);
    assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(move))));
    assertEquals(0, pending("s"));
    var dead = redis.xrange("{s}:dead:main", Range.unbounded());
    assertEquals(1, dead.size());
    assertEquals("poison", dead.get(0).getBody().get("why"));
    assertEquals(List.of(Settled.STALE), get(reader.settle(List.of(move))));
    assertEquals(1, redis.xlen("{s}:dead:main"));
  }

  @Test
  void aRefusedMoveChangesNothing() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    redis.set("target", "text");
    var entry = Entry.of("id-1", Fields.of("a", "b"));
    var move = new Settlement.MoveTo(sink.received.get(0), "target", entry);
    assertEquals(List.of(Settled.REFUSED), get(reader.settle(List.of(move))));
    redis.del("target");
    redis.configSet("maxmemory", "1");
    assertEquals(List.of(Settled.REFUSED), get(reader.settle(List.of(move))));
    assertEquals(1, pending("s"));
    redis.configSet("maxmemory", "0");
    assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(move))));
    assertEquals(0, pending("s"));
    assertEquals(1, redis.xlen("target"));
  }

  @Test
  void refusedMovesLeaveTheirRoomToOthers() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    String large = "x".repeat(1 << 20);
    for (int i = 0; i < 9; i++) {
      add("s", large);
    }
    redis.set("target", "text");
    reader.request(100);
    for (int i = 0; i < 9; i++) {
      int next = i;
      await().until(() -> sink.size() > next);
      assertEquals(List.of(Settled.REFUSED), get(reader.settle(List.of(moved(sink, i)))));
    }
    add("s", 10);
    await().until(() -> sink.size() == 19);
    assertEquals(19, pending("s"));
    redis.del("target");
    assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(moved(sink, 0)))));
    assertEquals(18, pending("s"));
  }

  @Test
  void refusedMovesAreNoTroubleOfReading() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 10);
    redis.set("target", "text");
    reader.request(10);
    await().until(() -> sink.size() == 10);
    for (int i = 0; i < 5; i++) {
      assertEquals(List.of(Settled.REFUSED), get(reader.settle(List.of(moved(sink, i)))));
      assertEquals(List.of(Settled.DONE), ackAll(reader, List.of(sink.received.get(5 + i))));
    }
    assertEquals(List.of(), sink.failures);
    assertEquals(0, sink.recoveries.get());
  }

  private static Settlement moved(RecordingSink sink, int which) {
    var entry = Entry.of("id-" + which, Fields.of("a", "b"));
    return new Settlement.MoveTo(sink.received.get(which), "target", entry);
  }

  private long idle(String stream) {
    return redis
        .xpending(stream, GROUP, Range.unbounded(), io.lettuce.core.Limit.from(1))
        .get(0)
        .getMsSinceLastDelivery();
  }
}
