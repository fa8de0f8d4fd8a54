package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.AuditSum.State;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.backend.redis.Backends;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.testkit.fault.RespProxy;
import io.lettuce.core.Consumer;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.XReadArgs;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What cannot be told is not told. */
class AuditStatesTest extends ReaderTest {
  private final String counters = Keys.audit("s", GROUP);
  private Audit audit;

  @BeforeEach
  void declare() {
    Backend backend = Backends.open(server.url());
    open.add(backend);
    audit = backend.facet(Audit.class).orElseThrow();
    Backends.declare(backend, "s", GROUP);
  }

  private AuditSum begin() {
    return get(audit.begin("s")).getFirst();
  }

  private AuditSum sum() {
    return get(audit.take("s")).getFirst();
  }

  @Test
  void readerThatDiedBeforeItBeganIsWaitedForUntilItCountsAsDead() {
    add("s", 1);
    redis.hset(Keys.leases("s", GROUP), "ghost", "30000");
    redis.zadd(Keys.alive("s", GROUP), 1e15, "ghost");
    assertEquals(State.STARTING, begin().state());
    assertEquals(OptionalLong.empty(), sum().missing());
    redis.zadd(Keys.alive("s", GROUP), 1, "ghost");
    assertEquals(OptionalLong.of(0), sum().missing());
    assertEquals(1, sum().waiting());
  }

  @Test
  void readerThatIsToldOfNoBeginningFindsOutByItself() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofMillis(600)), sink);
    reader.request(5);
    await().until(() -> redis.hexists(Keys.leases("s", GROUP), "me"));
    // As a beginning whose call was lost.
    redis.hset(Keys.audits("s"), Map.of("stream", "s", "group:" + GROUP, "0"));
    String epoch = redis.hget(Keys.fence("s"), GROUP);
    redis.hset(counters, Map.of("stream", "s", "epoch", epoch));
    await().until(() -> redis.hexists(counters, "reads:me"));
    assertEquals(State.EXACT, sum().state());
    add("s", 1);
    await().until(() -> sink.size() == 1);
    ackAll(reader, sink.received);
    assertEquals(1, sum().done());
  }

  @Test
  void readerThatCountedAsDeadAndAcknowledgedUncountedBreaksIt() {
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofMillis(600)), sink);
    reader.request(5);
    await().until(() -> redis.hexists(Keys.leases("s", GROUP), "me"));
    add("s", 1);
    await().until(() -> sink.size() == 1);
    ackAll(reader, sink.received);
    assertEquals(State.EXACT, begin().state());
    redis.hdel(counters, "reads:me");
    await().until(() -> sum().state() == State.BROKEN);
    assertTrue(sum().failed());
  }

  /** Its first sign of life may come before its group is looked after, and before it is known. */
  @Test
  void readerThatIsNotKnownYetAndHasAcknowledgedNothingBreaksNothing() {
    readers.open(ref("s"), spec("me", Duration.ofMillis(600)), new RecordingSink()).request(5);
    await().until(() -> redis.hexists(Keys.leases("s", GROUP), "me"));
    assertEquals(State.EXACT, begin().state());
    redis.hdel(counters, "reads:me");
    await().until(() -> redis.hexists(counters, "reads:me"));
    assertEquals(State.EXACT, sum().state());
  }

  @Test
  void plainAcknowledgementsAreSentOnlyWhileNoAuditIsOn() {
    try (RespProxy proxy = RespProxy.before("127.0.0.1", URI.create(server.url()).getPort())) {
      var connections = connect("behind a proxy", proxy.url());
      var sink = new RecordingSink();
      GroupReader reader = RedisReaders.create(connections).open(ref("s"), spec("me", LONG), sink);
      reader.request(9);
      handleOne(reader, sink);
      assertEquals(1, proxy.counts().of("XACK"));
      begin();
      handleOne(reader, sink);
      handleOne(reader, sink);
      assertEquals(1, proxy.counts().of("XACK"));
      assertEquals(2, sum().done());
      get(audit.end("s"));
      // The answer to this one tells that nothing counts any more.
      handleOne(reader, sink);
      handleOne(reader, sink);
      assertEquals(2, proxy.counts().of("XACK"));
      assertEquals(0, redis.exists(counters, Keys.audits("s")));
    }
  }

  private void handleOne(GroupReader reader, RecordingSink sink) {
    int before = sink.size();
    add("s", 1);
    await().until(() -> sink.size() == before + 1);
    assertEquals(List.of(Settled.DONE), ackAll(reader, List.of(sink.received.getLast())));
  }

  @Test
  void moreThanCanBeLookedAtIsExactUntilSomeOfItWasDeleted() {
    int read = 20_500;
    fill(read + 20_500);
    redis.xreadgroup(
        Consumer.from(GROUP, "other"),
        XReadArgs.Builder.count(read).noack(true),
        XReadArgs.StreamOffset.lastConsumed("s"));
    assertEquals(20_500, begin().waiting());
    String last = redis.xrevrange("s", io.lettuce.core.Range.unbounded()).getFirst().getId();
    assertEquals(OptionalLong.of(0), sum().missing());
    redis.xdel("s", last);
    assertEquals(State.UNCOUNTABLE, sum().state());
    assertEquals(OptionalLong.empty(), sum().missing());
  }

  private void fill(int count) {
    String body = "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'n', i) end";
    redis.eval(body, ScriptOutputType.STATUS, new String[] {"s"}, "" + count);
  }
}
