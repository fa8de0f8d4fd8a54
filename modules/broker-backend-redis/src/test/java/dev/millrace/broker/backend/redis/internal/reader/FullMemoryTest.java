package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Settled;
import io.lettuce.core.Consumer;
import io.lettuce.core.XReadArgs.StreamOffset;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a server that is out of memory, and evicts nothing, still lets readers do. */
class FullMemoryTest extends ReaderTest {
  private static final Duration LEASE = Duration.ofMillis(600);

  private void readByADeadOne(int count) {
    add("s", count);
    redis.xgroupCreate(StreamOffset.from("s", "0"), GROUP);
    redis.xreadgroup(Consumer.from(GROUP, "dead"), StreamOffset.lastConsumed("s"));
  }

  @Test
  void aReaderOfBeforeRecoversAndAcknowledges() {
    readByADeadOne(3);
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", Duration.ofSeconds(3)), sink);
    reader.request(10);
    await().until(() -> redis.exists("{s}:turn:main") == 1);
    redis.configSet("maxmemory", "1");
    await().until(() -> sink.size() == 3);
    assertEquals(Set.of(Settled.DONE), Set.copyOf(ackAll(reader, sink.received)));
    assertEquals(0, pending("s"));
  }

  @Test
  void aReaderThatStartsDrainsAndRecovers() {
    readByADeadOne(3);
    add("s", 5);
    redis.configSet("maxmemory", "1");
    var sink = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("me", LEASE), sink);
    reader.request(10);
    await().until(() -> sink.size() == 8);
    assertEquals(Set.of(Settled.DONE), Set.copyOf(ackAll(reader, sink.received)));
    get(reader.leave());
    assertEquals(0, pending("s"));
  }
}
