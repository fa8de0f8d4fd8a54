package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** One cleaner of a stream over several processes, where the lease is a server's. */
class CleanersOnRedisTest {
  @Test
  void oneOfTwoCleansAndTheOtherTakesOverAtOnceWhenItStops() {
    try (var server = RedisServer.startOwn();
        var second = StreamManager.connect(server.url())) {
      var first = StreamManager.connect(server.url());
      try (first) {
        first.createSimpleProducer("p", config());
        await().until(() -> count(first, "leader") == 1);
        second.createSimpleProducer("p", config());
        send(second);
        await().until(() -> count(first, "removed") == 40);
        assertEquals(0, count(second, "visits"));
      }
      // Had it not been given back, the lease would last for another 30 s.
      await().atMost(Duration.ofSeconds(5)).until(() -> count(second, "leader") == 1);
      send(second);
      await().until(() -> count(second, "removed") == 50);
      assertEquals(10, server.number("XLEN", "s"));
    }
  }

  private static StreamConfig config() {
    return StreamConfig.builder("s")
        .maxLength(10)
        .minRetentionTime(Duration.ZERO)
        .minRetentionCount(0)
        .cleanupInterval(Duration.ofMillis(100))
        .build();
  }

  private static void send(StreamManager manager) {
    for (int i = 0; i < 50; i++) {
      manager.send("p", Fields.of("n", i));
    }
  }

  private static long count(StreamManager manager, String what) {
    return manager.find("cleaner:s").orElseThrow().info().counts().get(what);
  }
}
