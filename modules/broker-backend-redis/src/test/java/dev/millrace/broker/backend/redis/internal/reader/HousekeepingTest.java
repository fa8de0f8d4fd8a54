package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.GroupReader;
import io.lettuce.core.Consumer;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class HousekeepingTest extends ReaderTest {
  private static final Duration LEASE = Duration.ofMillis(100);

  @Test
  void aThousandRedeploysLeaveOnlyTheNamesOfTheLiving() {
    redis.xgroupCreate(
        StreamOffset.from("s", "0"), GROUP, io.lettuce.core.XGroupCreateArgs.Builder.mkstream());
    for (int i = 0; i < 1_000; i++) {
      redis.xgroupCreateconsumer("s", Consumer.from(GROUP, "killed-" + i));
      redis.hset("{s}:leases:" + GROUP, "killed-" + i, "100");
    }
    add("s", "unfinished");
    redis.xreadgroup(Consumer.from(GROUP, "killed-7"), StreamOffset.lastConsumed("s"));
    redis.xgroupCreateconsumer("s", Consumer.from(GROUP, "foreign"));
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", LEASE), sink);
    reader.request(1_000);
    await().until(() -> sink.size() >= 1);
    ackAll(reader, List.copyOf(sink.received));
    await().until(() -> names().equals(Set.of("me", "foreign")));
    assertEquals(Set.of("me"), Set.copyOf(redis.hkeys("{s}:leases:" + GROUP)));
    assertEquals(List.of("me"), redis.zrange("{s}:alive:" + GROUP, 0, -1));
    assertEquals("unfinished", sink.received.get(0).entry().fields().text("n"));
  }

  @Test
  void keepsTheNamesOfMembersThatIdleOrPause() {
    // Long enough that a pause of the machine makes nobody look dead.
    Duration lease = Duration.ofMillis(200);
    var first = new RecordingSink();
    var second = new RecordingSink();
    GroupReader idle = process("a").open(ref("s"), spec("idle", lease), first);
    GroupReader paused = readers.open(ref("s"), spec("paused", lease), second);
    idle.request(1);
    add("s", 1);
    await().until(() -> first.size() == 1);
    ackAll(idle, first.received);
    paused.request(1);
    add("s", 1);
    await().until(() -> second.size() == 1);
    ackAll(paused, second.received);
    idle.request(10);
    get(paused.stopReading());
    await()
        .during(Duration.ofMillis(Keeper.aliveMillis(lease.toMillis()) * 3 / 2))
        .until(
            () ->
                names().equals(Set.of("idle", "paused"))
                    && Set.copyOf(redis.hkeys("{s}:leases:" + GROUP))
                        .equals(Set.of("idle", "paused")));
  }

  @Test
  void keepsTheNameOfTheDeadWhileSomethingIsPendingUnderIt() {
    add("s", 1);
    redis.xgroupCreate(StreamOffset.from("s", "0"), GROUP);
    redis.xreadgroup(Consumer.from(GROUP, "dead"), StreamOffset.lastConsumed("s"));
    redis.hset("{s}:leases:" + GROUP, Map.of("dead", "3600000", "gone", "100"));
    redis.zadd("{s}:alive:" + GROUP, 1, "dead");
    redis.zadd("{s}:alive:" + GROUP, 1, "gone");
    readers.open(ref("s"), spec("me", LEASE), new RecordingSink()).request(10);
    await().until(() -> !redis.hexists("{s}:leases:" + GROUP, "gone"));
    assertTrue(redis.hexists("{s}:leases:" + GROUP, "dead"));
    assertEquals(1, pending("s"));
    assertTrue(names().contains("dead"));
  }

  @Test
  void oneProcessLooksForAllAndAnotherTakesOverWhenItDies() {
    // The turn lasts 4.5 s, and is renewed every 1.5 to 3.
    Duration lease = Duration.ofSeconds(6);
    var first = connect("first");
    RedisReaders.create(first).open(ref("s"), spec("first", lease), new RecordingSink()).request(1);
    await().until(() -> "first".equals(redis.get("{s}:turn:" + GROUP)));
    readers.open(ref("s"), spec("second", lease), new RecordingSink()).request(1);
    await().until(() -> redis.zscore("{s}:alive:" + GROUP, "second") != null);
    await()
        .during(Duration.ofSeconds(5))
        .until(() -> "first".equals(redis.get("{s}:turn:" + GROUP)));
    first.close();
    await().until(() -> "second".equals(redis.get("{s}:turn:" + GROUP)));
  }

  @Test
  void aVanishedGroupBeginsWithTheOldestThatWasPendingElsewhere() {
    for (int i = 1; i <= 4; i++) {
      redis.xadd("s", new XAddArgs().id("100-" + i), Map.of("n", "" + i));
    }
    redis.xgroupCreate(StreamOffset.from("s", "0"), GROUP);
    redis.xreadgroup(
        Consumer.from(GROUP, "other"), XReadArgs.Builder.count(4), StreamOffset.lastConsumed("s"));
    redis.xack("s", GROUP, "100-1", "100-2", "100-4");
    var sink = new RecordingSink();
    readers.open(ref("s"), spec("me", LONG), sink).request(10);
    await().until(() -> "100-3".equals(redis.hget("{s}:floor", GROUP)));
    redis.xgroupDestroy("s", GROUP);
    await().until(() -> sink.size() == 2);
    assertEquals(List.of("100-3", "100-4"), sink.positions());
    assertEquals(1, sink.recreated.size());
  }

  @Test
  void aFloorThatALastEntryLeftDoesNotSkipTheNextOfTheSameMillisecond() {
    redis.xadd("s", new XAddArgs().id("100-1"), Map.of("n", "1"));
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofSeconds(2)), sink);
    reader.request(10);
    await().until(() -> sink.size() == 1);
    ackAll(reader, sink.received);
    await().until(() -> "100-2".equals(redis.hget("{s}:floor", GROUP)));
    redis.multi();
    redis.xgroupDestroy("s", GROUP);
    redis.xadd("s", new XAddArgs().id("100-2"), Map.of("n", "2"));
    redis.exec();
    await().until(() -> sink.size() == 2);
    assertEquals(List.of("100-1", "100-2"), sink.positions());
  }

  @Test
  void aFloorOfAnEarlierStreamOfThatNameHidesNothing() {
    redis.hset("{s}:floor", GROUP, "9999999999999-0");
    add("s", 3);
    var sink = new RecordingSink();
    readers.open(ref("s"), spec("me", LONG), sink).request(10);
    await().until(() -> sink.size() == 3);
  }

  @Test
  void readsOnWhenTheGroupIsDestroyedOrEverythingFlushedWhileItReads() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", LONG), sink);
    reader.request(100_000);
    add("s", 2_000);
    await().until(() -> sink.size() > 0);
    redis.xgroupDestroy("s", GROUP);
    add("s", "after the group");
    await().until(() -> heard(sink, "after the group"));
    await().until(() -> sink.recreated.size() == 1);
    redis.flushall();
    add("s", "after the flood");
    await().until(() -> heard(sink, "after the flood"));
    assertEquals(2, sink.recreated.size());
  }

  private static boolean heard(RecordingSink sink, String text) {
    return sink.received.stream().anyMatch(one -> one.entry().fields().text("n").equals(text));
  }

  private Set<String> names() {
    return redis.xinfoConsumers("s", GROUP).stream()
        .map(row -> (String) ((List<?>) row).get(1))
        .collect(Collectors.toSet());
  }
}
