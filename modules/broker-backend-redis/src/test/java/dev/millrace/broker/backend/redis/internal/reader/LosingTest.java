package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Settled;
import io.lettuce.core.Consumer;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a reader loses, or is refused, must not stop it. */
class LosingTest extends ReaderTest {
  private final RecordingSink sink = new RecordingSink();

  @Test
  void lostLeasesTakeUpNoRoom() {
    GroupReader reader = open("s", sink);
    for (int i = 0; i < 20; i++) {
      add("s", "x".repeat(1 << 20));
    }
    reader.request(1);
    await().until(() -> sink.size() == 1);
    reader.request(100);
    await().until(() -> sink.size() >= 7);
    await().during(Duration.ofMillis(300)).until(() -> sink.size() <= 9);
    String[] ids = sink.positions().toArray(String[]::new);
    redis.xclaim("s", Consumer.from(GROUP, "thief"), 0, ids);
    assertEquals(Set.of(), get(readers.renew(ref("s"), List.copyOf(sink.received), LONG)));
    await().until(() -> sink.size() > ids.length);
    assertEquals(List.of(Settled.STALE), ackAll(reader, List.of(sink.received.get(0))));
  }

  @Test
  void whatWasNeverSettledTakesUpNoRoomWhenItComesAgain() {
    Duration lease = Duration.ofMillis(500);
    GroupReader reader = readers.open(ref("s"), spec("me", lease), sink);
    for (int i = 0; i < 12; i++) {
      add("s", "x".repeat(1 << 20));
    }
    reader.request(1_000);
    // Each time round the same ones come again, under a higher count.
    await().until(() -> sink.size() >= 40);
  }

  @Test
  void nothingSentAfterTheOpeningIsMissedByAGroupThatBeginsAtTheEnd() {
    for (int i = 0; i < 20; i++) {
      redis.scriptFlush();
      var connections = connect("latest" + i);
      var all = new RecordingSink();
      var spec =
          new ReaderSpec("me", StartPosition.latest(), 100, Duration.ofSeconds(5), LONG, false);
      String stream = "s" + i;
      GroupReader reader = RedisReaders.create(connections).open(ref(stream), spec, all);
      connections.shared().xadd(stream, Map.of("n", Checked.text("1")));
      reader.request(1);
      await().until(() -> all.size() == 1);
      connections.close();
    }
  }

  @Test
  void refusedSettlementsAreToldOnceAndTheirEndToo() {
    GroupReader reader = open("s", sink);
    add("s", 2);
    reader.request(2);
    await().until(() -> sink.size() == 2);
    acl("-xack");
    for (int i = 0; i < 3; i++) {
      assertEquals(Set.of(Settled.REFUSED), Set.copyOf(ackAll(reader, List.copyOf(sink.received))));
    }
    await().until(() -> sink.failures.size() == 1);
    assertTrue(sink.failures.get(0).getMessage().contains("NOPERM"), sink.failures.toString());
    acl("+xack");
    assertEquals(Set.of(Settled.DONE), Set.copyOf(ackAll(reader, List.copyOf(sink.received))));
    await().until(() -> sink.recoveries.get() == 1);
    assertEquals(1, sink.failures.size());
  }

  @Test
  void leavingEndsHoweverItMeetsTheLastSettlement() throws Exception {
    for (int i = 0; i < 300; i++) {
      var one = new RecordingSink();
      GroupReader reader = open("s" + i % 5, one);
      add("s" + i % 5, 1);
      reader.request(1);
      await().until(() -> one.size() == 1);
      Thread settling = Thread.ofVirtual().start(() -> ackAll(reader, one.received));
      get(reader.leave());
      settling.join();
    }
  }

  private void acl(String rule) {
    redis.dispatch(
        CommandType.ACL,
        new StatusOutput<>(StringCodec.UTF8),
        new CommandArgs<>(StringCodec.UTF8).add("SETUSER").add("default").add(rule));
  }
}
