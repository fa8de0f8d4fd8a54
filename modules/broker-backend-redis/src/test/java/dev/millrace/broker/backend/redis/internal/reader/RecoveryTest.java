package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Settled;
import io.lettuce.core.Consumer;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.XClaimArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecoveryTest extends ReaderTest {
  private static final Duration LEASE = Duration.ofMillis(600);

  @Test
  void redeliversAfterOwnerDies() {
    var owner = connect("owner");
    var sink = new RecordingSink();
    RedisReaders.create(owner).open(ref("s"), spec("owner", LEASE), sink).request(300);
    add("s", 300);
    await().until(() -> sink.size() == 300);
    owner.close();
    var heir = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("heir", LONG), heir);
    reader.request(120);
    await().until(() -> heir.size() == 120);
    assertEquals(Set.of(Settled.DONE), Set.copyOf(ackAll(reader, heir.received)));
    reader.request(400);
    await().until(() -> heir.size() == 300);
    assertTrue(heir.received.stream().allMatch(one -> one.delivery().equals(OptionalInt.of(2))));
    assertEquals(300, new HashSet<>(heir.positions()).size());
  }

  @Test
  void recoversWhatWasReadUnderItsNameAndNeverArrived() {
    add("s", 3);
    redis.xgroupCreate(StreamOffset.from("s", "0"), GROUP);
    redis.xreadgroup(Consumer.from(GROUP, "me"), StreamOffset.lastConsumed("s"));
    var sink = new RecordingSink();
    readers.open(ref("s"), spec("me", LEASE), sink).request(10);
    await().until(() -> sink.size() >= 3);
    assertEquals(OptionalInt.of(2), sink.received.get(0).delivery());
  }

  @Test
  void recoversWithASingleCreditThatIsInTheWait() {
    add("s", 1);
    redis.xgroupCreate(StreamOffset.from("s", "0"), GROUP);
    redis.xreadgroup(Consumer.from(GROUP, "dead"), StreamOffset.lastConsumed("s"));
    var sink = new RecordingSink();
    readers.open(ref("s"), spec("me", Duration.ofSeconds(2)), sink).request(1);
    await().until(() -> sink.size() == 1);
  }

  @Test
  void leaveHandsBackAtOnce() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("leaver", LONG), sink);
    add("s", 10);
    reader.request(10);
    await().until(() -> sink.size() == 10);
    ackAll(reader, sink.received.subList(0, 4));
    var next = new RecordingSink();
    readers.open(ref("s"), spec("stayer", LONG), next).request(10);
    get(reader.leave());
    await().atMost(Duration.ofSeconds(6)).until(() -> next.size() == 6);
    assertEquals(List.of(Settled.STALE), ackAll(reader, List.of(sink.received.get(9))));
    assertEquals(Set.of("stayer"), owners());
  }

  @Test
  void leaveRemovesItsNameWhereNothingIsPending() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("leaver", LONG), sink);
    add("s", 3);
    reader.request(10);
    await().until(() -> sink.size() == 3);
    ackAll(reader, sink.received);
    get(reader.leave());
    assertEquals(List.of(), redis.xinfoConsumers("s", GROUP));
    get(reader.leave());
  }

  @Test
  void closingTheReadersClosesTheirConnections() {
    open("s", new RecordingSink()).request(1);
    open("t", new RecordingSink()).request(1);
    await().until(() -> redis.clientList().contains("cmd=xreadgroup"));
    get(readers.close());
    await().until(() -> !redis.clientList().contains("cmd=xreadgroup"));
  }

  @Test
  void readsOnAfterTheServerWasKilledAndRestarted() throws Exception {
    var sink = new RecordingSink();
    var idle = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofSeconds(2)), sink);
    open("t", idle).request(10);
    add("s", 500);
    reader.request(1_000);
    await().until(() -> sink.size() >= 200);
    server.kill();
    await().until(() -> !sink.failures.isEmpty() && !idle.failures.isEmpty());
    await().during(Duration.ofMillis(500)).until(() -> sink.failures.size() == 1);
    server.start();
    await().until(() -> idle.recoveries.get() == 1 && sink.recoveries.get() == 1);
    add("t", "after");
    await().until(() -> idle.size() == 1);
    reader.request(1_000);
    // All of them are there, some twice: those whose reply was lost.
    await().until(() -> new HashSet<>(sink.positions()).size() == 500);
    assertEquals(1, sink.failures.size());
    var results = ackAll(reader, List.copyOf(sink.received));
    assertTrue(Set.of(Settled.DONE, Settled.STALE).containsAll(results), results.toString());
  }

  @Test
  void countsEntriesThatWereDeletedWhilePendingAndGoesOn() {
    add("s", 3);
    redis.xgroupCreate(StreamOffset.from("s", "0"), GROUP);
    var read = redis.xreadgroup(Consumer.from(GROUP, "dead"), StreamOffset.lastConsumed("s"));
    redis.xdel("s", read.get(1).getId());
    var sink = new RecordingSink();
    readers.open(ref("s"), spec("me", LEASE), sink).request(10);
    await().until(() -> sink.size() >= 2);
    assertEquals(2, pending("s"));
  }

  @Test
  void findsADeadOnesEntriesBehindManyFreshOnesWithoutLongScans() {
    for (int i = 0; i < 250; i++) {
      redis.eval(
          "for i = 1, 100 do redis.call('XADD', KEYS[1], '*', 'n', i) end",
          ScriptOutputType.STATUS,
          "s");
    }
    redis.xgroupCreate(StreamOffset.from("s", "0"), GROUP);
    redis.xreadgroup(Consumer.from(GROUP, "living"), StreamOffset.lastConsumed("s"));
    add("s", 3);
    var dead = Consumer.from(GROUP, "dead");
    for (var read : redis.xreadgroup(dead, StreamOffset.lastConsumed("s"))) {
      redis.xclaim("s", dead, new XClaimArgs().justid().idle(Duration.ofHours(1)), read.getId());
    }
    redis.configSet("slowlog-max-len", "100000");
    redis.configSet("slowlog-log-slower-than", "0");
    var sink = new RecordingSink();
    readers.open(ref("s"), spec("me", LONG), sink).request(10);
    await().until(() -> sink.size() == 3);
    List<String> scans =
        redis.slowlogGet(100_000).stream()
            .map(String::valueOf)
            .filter(one -> one.contains("XPENDING"))
            .toList();
    assertTrue(scans.size() > 250, scans.size() + " scans");
    assertTrue(scans.stream().noneMatch(one -> one.contains("IDLE")));
  }

  private Set<String> owners() {
    var owners = new HashSet<String>();
    redis.xpending("s", GROUP).getConsumerMessageCount().forEach((name, count) -> owners.add(name));
    return owners;
  }
}
