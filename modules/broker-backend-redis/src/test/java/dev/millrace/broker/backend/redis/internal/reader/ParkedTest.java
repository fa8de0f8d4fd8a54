package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.redis.internal.facet.RedisHistory;
import dev.millrace.broker.backend.redis.internal.facet.RedisPending;
import dev.millrace.broker.backend.redis.internal.log.Generations;
import dev.millrace.broker.backend.redis.internal.log.RedisStreamLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ParkedTest extends ReaderTest {
  private static final String RETRY = "{s}:retry:main";
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final Duration WAIT = Duration.ofMillis(1_200);

  private final RecordingSink sink = new RecordingSink();

  private GroupReader reader(RedisReaders of, String name, RecordingSink into) {
    return of.open(ref("s"), spec(name, LEASE), into);
  }

  private static Settled park(GroupReader reader, Received received) {
    return get(reader.settle(List.of(new Settlement.Release(received, WAIT)))).get(0);
  }

  /** A reader that has parked what it got, and takes no more. */
  private GroupReader parker(RedisReaders of, int count) {
    GroupReader reader = reader(of, "parker", sink);
    add("s", count);
    reader.request(count);
    await().until(() -> sink.size() == count);
    sink.received.forEach(one -> assertEquals(Settled.DONE, park(reader, one)));
    return reader;
  }

  @Test
  void whatADeadProcessParkedComesBack() {
    var connections = connect("dying");
    parker(RedisReaders.create(connections), 3);
    connections.close();
    var heir = new RecordingSink();
    reader(readers, "heir", heir).request(10);
    await().until(() -> heir.size() == 3);
    assertEquals(OptionalInt.of(2), heir.received.get(0).delivery());
    assertEquals(sink.positions().get(0), heir.received.get(0).entry().id().orElseThrow());
  }

  @Test
  void aReaderOfAnotherProcessThatWaitsGetsItWhenItIsDue() {
    parker(readers, 1);
    var other = new RecordingSink();
    reader(process("other"), "other", other).request(1);
    await().until(() -> redis.zcard("{s}:parked:main") == 0);
    await().atMost(Duration.ofSeconds(1)).until(() -> other.size() == 1);
  }

  @Test
  void aReaderWithOneCreditGetsOldAndNewEntries() {
    GroupReader reader = parker(readers, 5);
    add("s", 5);
    var all = new RecordingSink();
    GroupReader one = reader(process("other"), "other", all);
    for (int i = 1; i <= 10; i++) {
      int count = i;
      one.request(1);
      await().until(() -> all.size() == count);
      ackAll(one, List.of(all.received.get(count - 1)));
    }
    assertEquals(5, all.positions().stream().filter(p -> p.startsWith("retry/")).count());
    get(reader.leave());
  }

  @Test
  void nothingIsLeftWhenAllIsDone() {
    GroupReader reader = parker(readers, 20);
    reader.request(20);
    await().until(() -> sink.size() == 40);
    assertEquals(Set.of(Settled.DONE), Set.copyOf(ackAll(reader, sink.received.subList(20, 40))));
    assertEquals(0, redis.xlen(RETRY));
    assertEquals(0, redis.xpending(RETRY, GROUP).getCount());
    assertEquals(0, redis.exists("{s}:parked:main", "{s}:parked-entries:main"));
    assertEquals(0, redis.exists("{s}:notes:main", "{s}:retry-notes:main"));
  }

  @Test
  void returnedEntriesAreListedBehindTheOthers() {
    GroupReader reader = parker(readers, 2);
    reader.request(4);
    await().until(() -> sink.size() == 4);
    String held = add("s", "x");
    await().until(() -> sink.size() == 5);
    var list = new RedisPending(connect("list"));
    var first = get(list.list(ref("s"), Optional.empty(), 2));
    assertEquals(held, first.get(0).position().value());
    assertEquals(sink.positions().get(2), first.get(1).position().value());
    Optional<Position> after = Optional.of(first.get(1).position());
    var second = get(list.list(ref("s"), after, 10));
    assertEquals(
        List.of(sink.received.get(3).position()), second.stream().map(i -> i.position()).toList());
  }

  @Test
  void aRefusedParkingLeavesTheDeliveryWithItsReader() {
    GroupReader reader = reader(readers, "me", sink);
    add("s", 1);
    reader.request(2);
    await().until(() -> sink.size() == 1);
    redis.configSet("maxmemory", "1");
    assertEquals(Settled.REFUSED, park(reader, sink.received.get(0)));
    assertEquals(1, pending("s"));
    redis.configSet("maxmemory", "0");
    assertEquals(Settled.DONE, park(reader, sink.received.get(0)));
    assertEquals(Settled.STALE, park(reader, sink.received.get(0)));
    await().until(() -> sink.size() == 2);
  }

  @Test
  void parkingWorksOnWhenTheStreamWhereTheyComeBackIsDeleted() {
    GroupReader reader = parker(readers, 1);
    reader.request(10);
    await().until(() -> sink.size() == 2);
    redis.del(RETRY);
    add("s", "new");
    await().until(() -> sink.size() == 3);
    assertEquals(Settled.DONE, park(reader, sink.received.get(2)));
    await().until(() -> sink.size() == 4);
    assertEquals("new", sink.received.get(3).entry().fields().text("n"));
    assertEquals(List.of(), sink.recreated);
  }

  @Test
  void aForeignFieldOfOurNameIsTheUsers() {
    GroupReader reader = reader(readers, "me", sink);
    redis.xadd("s", Map.of("_millrace:retry", "theirs", "a", "b"));
    reader.request(2);
    await().until(() -> sink.size() == 1);
    assertEquals("theirs", sink.received.get(0).entry().fields().text("_millrace:retry"));
    assertEquals(OptionalInt.of(1), sink.received.get(0).delivery());
  }

  @Test
  void anEntryOfTooManyFieldsForAScriptWaitsWithItsReaderAndIsNotMoved() {
    var many = new HashMap<String, String>();
    for (int i = 0; i < 4_000; i++) {
      many.put("f" + i, "");
    }
    GroupReader reader = reader(readers, "me", sink);
    redis.xadd("s", many);
    reader.request(2);
    await().until(() -> sink.size() == 1);
    assertEquals(Settled.DONE, park(reader, sink.received.get(0)));
    assertEquals(1, pending("s"));
    await().until(() -> sink.size() == 2);
    Entry entry = sink.received.get(1).entry();
    var move = new Settlement.MoveTo(sink.received.get(1), "{s}:dead:main", entry);
    assertEquals(List.of(Settled.REFUSED), get(reader.settle(List.of(move))));
    var summary = new Settlement.MoveTo(sink.received.get(1), "{s}:dead:main", small());
    assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(summary))));
  }

  @Test
  void whatAStoppedReaderHadReleasedForLaterComesToOthersNoEarlier() {
    GroupReader reader = reader(readers, "me", sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    long from = System.nanoTime();
    var release = new Settlement.Release(sink.received.get(0), Duration.ofMillis(900));
    assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(release))));
    get(reader.leave());
    var other = new RecordingSink();
    reader(process("other"), "other", other).request(1);
    await().until(() -> other.size() == 1);
    assertTrue(Duration.ofNanos(System.nanoTime() - from).toMillis() >= 850);
    assertEquals(Received.Past.none(), other.received.get(0).past());
  }

  @Test
  void aResetBringsWhatWasParkedBackOnceAndFromTheStream() {
    GroupReader reader = parker(readers, 2);
    redis.xdel("s", sink.positions().get(0));
    var history = new RedisHistory(connect("history"));
    get(history.reset(ref("s"), StartPosition.beginning()));
    assertEquals(List.of(sink.positions().get(0)), redis.zrange("{s}:parked:main", 0, -1));
    reader.request(10);
    await().until(() -> sink.size() == 4);
    assertEquals(sink.positions().get(1), sink.positions().get(2));
    assertTrue(sink.positions().get(3).startsWith("retry/"), sink.positions().toString());
    await().during(Duration.ofMillis(500)).until(() -> sink.size() == 4);
  }

  @Test
  void deletingAStreamLeavesNoKeyBehind() {
    var connections = connect("deleter");
    GroupReader reader = parker(readers, 3);
    reader.request(2);
    await().until(() -> sink.size() == 5);
    assertTrue(get(readers.note(ref("s"), sink.received.get(3), "n")));
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 6);
    assertTrue(get(readers.note(ref("s"), sink.received.get(5), "n")));
    get(reader.leave());
    get(
        new RedisStreamLog(connections, readers, new Generations(connections.context()))
            .delete("s"));
    assertEquals(List.of(), redis.keys("*"));
  }

  private static Entry small() {
    return Entry.of("id", Fields.of("a", "b"));
  }
}
