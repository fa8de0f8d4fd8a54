package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each connection is closed once, and in a good order: the driver has nothing to complain of. */
class ClosingTest {
  private static final int ROUNDS = 5;

  @Test
  void closingSaysNothingInTheLog() {
    try (var server = RedisServer.startOwn()) {
      closeQuietly(server.url());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "sharded"})
  void closingOnAClusterSaysNothingInTheLog(String mode) {
    try (var cluster = RedisCluster.start()) {
      closeQuietly(cluster.url() + "?events=" + mode);
    }
  }

  private static void closeQuietly(String url) {
    try (var log = new LogLines("io.lettuce")) {
      for (int i = 0; i < ROUNDS; i++) {
        Broker broker = Broker.connect(url, b -> b.appName("faults"));
        Ear.quick("an ear", broker, SubscriptionConfig.channel(Note.CHANNEL));
        broker.start();
        broker.publish(Note.CHANNEL, new Note("n-" + i, ""));
        broker.close();
      }
      assertEquals(List.of(), log.containing(""));
    }
  }
}
