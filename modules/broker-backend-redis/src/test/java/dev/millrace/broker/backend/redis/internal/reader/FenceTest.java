package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.backend.redis.internal.facet.RedisHistory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class FenceTest extends ReaderTest {
  private final ConcurrentHashMap<String, Set<Long>> tokens = new ConcurrentHashMap<>();
  private final Set<String> twice = ConcurrentHashMap.newKeySet();
  private final AtomicInteger deliveries = new AtomicInteger();

  @Test
  void noTokenIsGivenTwiceWhileAnotherProcessSetsTheGroupBack() {
    add("s", 40);
    readOn("one", 7);
    readOn("two", 1);
    var history = new RedisHistory(connect("history"));
    for (int round = 0; round < 100; round++) {
      int before = deliveries.get();
      get(history.reset(ref("s"), StartPosition.beginning()));
      // Readers that wait are woken by what is new, not by what is old again.
      add("s", 1);
      int least = before + round % 20;
      await().until(() -> deliveries.get() > least);
    }
    assertEquals(Set.of(), Set.copyOf(twice));
    assertTrue(tokens.values().stream().anyMatch(all -> all.size() > 10), () -> "" + deliveries);
  }

  @Test
  void tokensRiseWhereEverythingWasLost() {
    add("s", 1);
    var sink = new RecordingSink();
    open("s", sink).request(10);
    await().until(() -> sink.size() == 1);
    redis.flushall();
    add("s", 1);
    await().until(() -> sink.size() == 2);
    long before = sink.received.get(0).fence().orElseThrow();
    assertTrue(sink.received.get(1).fence().orElseThrow() > before);
  }

  @Test
  void tokensRiseWhereOnlyTheEpochWasLost() {
    add("s", 1);
    var sink = new RecordingSink();
    GroupReader reader = open("s", sink);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    redis.del("{s}:fence");
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 2);
    long before = sink.received.get(0).fence().orElseThrow();
    assertTrue(sink.received.get(1).fence().orElseThrow() > before);
  }

  private void readOn(String name, int credit) {
    var reader = new AtomicReference<GroupReader>();
    Sink sink =
        new Sink() {
          @Override
          public void deliver(List<Received> batch) {
            for (Received one : batch) {
              String id = one.position().value();
              long token = one.fence().orElseThrow();
              if (!tokens.computeIfAbsent(id, key -> ConcurrentHashMap.newKeySet()).add(token)) {
                twice.add(id + " " + token);
              }
              deliveries.incrementAndGet();
            }
            var unused = reader.get().settle(batch.stream().map(ReaderTest::ack).toList());
            reader.get().request(batch.size());
          }

          @Override
          public void recreated(Position from) {}

          @Override
          public void failed(Throwable error) {}
        };
    reader.set(process(name).open(ref("s"), spec(name, LONG), sink));
    reader.get().request(credit);
  }
}
