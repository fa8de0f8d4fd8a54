package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Settled;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReadingTest extends ReaderTest {
  @Test
  void deliversInOrderAndAcknowledges() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 250);
    reader.request(1_000);
    await().until(() -> sink.size() == 250);
    assertEquals(sink.positions().stream().sorted().toList(), sink.positions());
    assertEquals(OptionalInt.of(1), sink.received.get(0).delivery());
    assertEquals("249", sink.received.get(249).entry().fields().text("n"));
    assertEquals(Set.of(Settled.DONE), Set.copyOf(ackAll(reader, sink.received)));
    assertEquals(0, pending("s"));
  }

  @Test
  void gathersAcknowledgementsOfManyCallsIntoFewCommands() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 2_000);
    reader.request(2_000);
    await().until(() -> sink.size() == 2_000);
    redis.configResetstat();
    var calls = sink.received.stream().map(one -> reader.settle(List.of(ack(one)))).toList();
    calls.forEach(call -> assertEquals(List.of(Settled.DONE), get(call)));
    assertEquals(0, pending("s"));
    assertTrue(calls("xack") < 500, () -> "xack calls: " + calls("xack"));
  }

  @Test
  void deliversNoMoreThanTheCredit() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 50);
    reader.request(7);
    await().until(() -> sink.size() == 7);
    await().during(Duration.ofMillis(300)).until(() -> sink.size() == 7 && pending("s") == 7);
    reader.request(3);
    await().until(() -> sink.size() == 10);
    assertEquals(10, pending("s"));
  }

  @Test
  void boundsTheBytesInHand() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    String megabyte = "x".repeat(1 << 20);
    for (int i = 0; i < 20; i++) {
      add("s", megabyte);
    }
    add("t", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    reader.request(100);
    await().until(() -> sink.size() >= 7);
    await().during(Duration.ofMillis(300)).until(() -> sink.size() <= 9);
    ackAll(reader, List.copyOf(sink.received));
    await().until(() -> sink.size() > 9);
  }

  @Test
  void wakesUpForAnEntryThatComesWhileItWaits() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    reader.request(10);
    await().until(() -> blockedClients() == 1);
    add("s", "late");
    await().atMost(Duration.ofSeconds(4)).until(() -> sink.size() == 1);
  }

  @Test
  void hundredIdleStreamsShareTwoWaitingConnections() {
    var sinks = new ArrayList<RecordingSink>();
    for (int i = 0; i < 100; i++) {
      var sink = new RecordingSink();
      sinks.add(sink);
      open("s" + i, sink).request(10);
    }
    await().until(() -> blockedClients() == 2);
    await().during(Duration.ofMillis(500)).until(() -> blockedClients() <= 2);
    redis.configResetstat();
    Instant from = Instant.now();
    await().during(Duration.ofSeconds(11)).until(() -> true);
    double seconds = Duration.between(from, Instant.now()).toMillis() / 1000.0;
    double reads = calls("xreadgroup") / seconds;
    assertTrue(reads <= 1, () -> reads + " reads a second");
    // One of them is the test's own.
    assertTrue(clients() - 1 <= 6, () -> redis.clientList());
    add("s0", "first");
    add("s99", "last");
    await()
        .atMost(Duration.ofSeconds(4))
        .until(() -> sinks.get(0).size() == 1 && sinks.get(99).size() == 1);
  }

  @Test
  void readersOfOneStreamUnderOneNameShareTheWork() {
    var first = new RecordingSink();
    var second = new RecordingSink();
    open("s", first).request(20);
    open("s", second).request(20);
    add("s", 30);
    await().until(() -> first.size() + second.size() == 30);
    assertTrue(first.size() <= 20 && second.size() <= 20);
  }

  @Test
  void beginsANewGroupWhereItIsTold() {
    String first = add("s", "1");
    add("s", "2");
    var after = new RecordingSink();
    readers.open(ref("s"), starting(StartPosition.after(first)), after).request(10);
    await().until(() -> after.size() == 1);
    assertEquals("2", after.received.get(0).entry().fields().text("n"));
    var latest = new RecordingSink();
    GroupReader reader = open("t", latest, StartPosition.latest());
    reader.request(10);
    await().until(() -> redis.exists("t") == 1);
    add("t", "new");
    await().until(() -> latest.size() == 1);
    var at = new RecordingSink();
    redis.xadd("u", new io.lettuce.core.XAddArgs().id("999-7"), Map.of("n", "old"));
    redis.xadd("u", new io.lettuce.core.XAddArgs().id("1000-0"), Map.of("n", "exact"));
    open("u", at, StartPosition.at(Instant.ofEpochMilli(1000))).request(10);
    await().until(() -> at.size() == 1);
    assertEquals("exact", at.received.get(0).entry().fields().text("n"));
  }

  @Test
  void readsOnAtTheStoredFloorWhenTheGroupVanishesWhileItWaits() {
    var sink = new RecordingSink();
    var other = new RecordingSink();
    GroupReader reader = open("s", sink);
    open("t", other).request(10);
    add("s", 3);
    reader.request(10);
    await().until(() -> sink.size() == 3);
    redis.hset("{s}:floor", GROUP, sink.positions().get(1));
    await().until(() -> blockedClients() == 1);
    redis.xgroupDestroy("s", GROUP);
    await().until(() -> sink.size() == 5);
    assertEquals(sink.positions().subList(1, 3), sink.positions().subList(3, 5));
    assertEquals(1, sink.recreated.size());
    add("t", "other");
    await().until(() -> other.size() == 1);
    assertEquals(List.of(), other.recreated);
    assertEquals(List.of(Settled.STALE), ackAll(reader, List.of(sink.received.get(0))));
  }

  @Test
  void readsOnFromTheBeginningWhenTheStreamIsDeletedWhileItWaits() {
    var sink = new RecordingSink();
    open("s", sink).request(10);
    await().until(() -> blockedClients() == 1);
    redis.del("s");
    add("s", "again");
    await().until(() -> sink.size() == 1);
    assertEquals(1, sink.recreated.size());
    assertEquals("0", sink.recreated.get(0).value());
  }

  @Test
  void tellsOfAKeyThatIsNoStreamAndReadsTheOthersAndRecovers() {
    redis.set("s", "text");
    var bad = new RecordingSink();
    var good = new RecordingSink();
    open("s", bad).request(10);
    open("t", good).request(10);
    await().until(() -> bad.failures.size() == 1);
    add("t", "1");
    await().until(() -> good.size() == 1);
    redis.configResetstat();
    await().during(Duration.ofSeconds(1)).until(() -> bad.failures.size() == 1);
    assertTrue(bad.failures.get(0).getMessage().contains("WRONGTYPE"), bad.failures.toString());
    redis.del("s");
    add("s", "now");
    await().until(() -> bad.size() == 1 && bad.recoveries.get() == 1);
  }

  @Test
  void deliversNothingAfterStopReadingAndResumes() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    reader.request(100);
    await().until(() -> blockedClients() == 1);
    get(reader.stopReading());
    assertEquals(0, blockedClients());
    add("s", 5);
    await().during(Duration.ofMillis(300)).until(() -> sink.size() == 0 && pending("s") == 0);
    reader.resumeReading();
    await().during(Duration.ofMillis(200)).until(() -> sink.size() == 0);
    reader.request(3);
    await().until(() -> sink.size() == 3);
  }

  @Test
  void stoppingInFullFlightHandsBackWhatWasReadAhead() {
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    add("s", 2_000);
    reader.request(1_500);
    await().until(() -> sink.size() > 0);
    get(reader.stopReading());
    int delivered = sink.size();
    await().during(Duration.ofMillis(300)).until(() -> sink.size() == delivered);
    ackAll(reader, List.copyOf(sink.received));
    var next = new RecordingSink();
    process("other").open(ref("s"), spec("other", LONG), next).request(2_000);
    await().until(() -> next.size() + delivered == 2_000);
  }

  @Test
  void waitsShortlyWhereUnblockIsNotPermitted() {
    redis.dispatch(
        io.lettuce.core.protocol.CommandType.ACL,
        new io.lettuce.core.output.StatusOutput<>(io.lettuce.core.codec.StringCodec.UTF8),
        new io.lettuce.core.protocol.CommandArgs<>(io.lettuce.core.codec.StringCodec.UTF8)
            .add("SETUSER")
            .add("default")
            .add("-client|unblock"));
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    reader.request(10);
    await().until(() -> blockedClients() == 1);
    var second = new RecordingSink();
    open("t", second).request(10);
    add("t", "x");
    await().until(() -> second.size() == 1);
    get(reader.stopReading());
    assertEquals(0, sink.size());
  }

  private GroupReader open(String stream, RecordingSink sink, StartPosition start) {
    return readers.open(ref(stream), starting(start), sink);
  }

  private static ReaderSpec starting(StartPosition start) {
    return new ReaderSpec("me", start, 100, Duration.ofSeconds(5), LONG, false);
  }

  private long clients() {
    return redis.clientList().lines().count();
  }
}
