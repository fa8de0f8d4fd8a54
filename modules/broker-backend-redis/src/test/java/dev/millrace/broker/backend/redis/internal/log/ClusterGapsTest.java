package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.backend.redis.internal.connection.Opening;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl;
import dev.millrace.broker.backend.redis.internal.connection.Shards;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Gaps of plain subscriptions on a cluster: when a node goes, and only then. */
class ClusterGapsTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  /** One backend that only hears. */
  private static final class Stage implements AutoCloseable {
    final List<Instant> gaps = new CopyOnWriteArrayList<>();
    final List<String> heard = new CopyOnWriteArrayList<>();
    final RedisConnections connections;
    final RedisEventBus events;

    Stage(RedisCluster cluster, String options) throws Exception {
      connections =
          Opening.open(
              RedisUrl.parse(BackendUrl.of(cluster.url() + options)),
              BackendContext.standalone("gaps"),
              warning -> {});
      events = new RedisEventBus(connections);
      events
          .subscribe(
              ChannelPattern.exactly("news"),
              new EventSink() {
                @Override
                public void event(String channel, Entry event) {
                  heard.add(event.id().orElse("?"));
                }

                @Override
                public void gap(Instant from, Instant to) {
                  gaps.add(from);
                }
              })
          .toCompletableFuture()
          .get(15, TimeUnit.SECONDS);
    }

    void publish(String id) throws Exception {
      events
          .publish("news", Entry.of(id, Fields.of("a", 1)))
          .toCompletableFuture()
          .get(15, TimeUnit.SECONDS);
      Awaitility.await().until(() -> heard.contains(id));
    }

    @Override
    public void close() throws Exception {
      events.close().toCompletableFuture().get(15, TimeUnit.SECONDS);
      connections.close();
    }
  }

  @Test
  void whoAsksForTheTopologyAgainAndAgainHasNeitherGapsNorAnotherEpoch() throws Exception {
    try (var cluster = RedisCluster.start();
        var stage = new Stage(cluster, "")) {
      stage.publish("before");
      long epoch = stage.connections.epoch();
      for (int i = 0; i < 5; i++) {
        ((Shards) stage.connections).refresh().toCompletableFuture().get(15, TimeUnit.SECONDS);
      }
      stage.publish("after");
      assertEquals(List.of(), stage.gaps);
      assertEquals(epoch, stage.connections.epoch());
    }
  }

  @Test
  void masterThatTookOverWhileNothingWasSentIsAGapWhenItDies() throws Exception {
    try (var cluster = RedisCluster.startWithReplicas();
        var stage = new Stage(cluster, "?commandTimeout=2s")) {
      RedisServer master =
          cluster.nodes().stream()
              .filter(node -> !hears(node) && !hears(replicaOf(cluster, node)))
              .findFirst()
              .orElseThrow();
      cluster.handOver(keyOf(cluster, master));
      RedisServer heir = replicaOf(cluster, master);
      Awaitility.await()
          .atMost(SOON)
          .until(
              () ->
                  lines(heir).stream()
                      .anyMatch(
                          line ->
                              line.contains("name=millrace:") && !line.matches(".* age=[0-2] .*")));
      assertEquals(List.of(), stage.gaps);
      Instant killed = Instant.now();
      heir.kill();
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !stage.gaps.isEmpty());
      // Had it died without a word it would have been noticed so much later.
      Instant from = stage.gaps.getFirst();
      assertTrue(
          from.isBefore(killed.plusSeconds(10).minus(stage.connections.longestUnnoticed())),
          from + ", killed at " + killed);
    }
  }

  private static RedisServer replicaOf(RedisCluster cluster, RedisServer master) {
    return cluster.replicas().get(cluster.nodes().indexOf(master));
  }

  private static String keyOf(RedisCluster cluster, RedisServer master) {
    for (int i = 0; true; i++) {
      if (cluster.owner("key" + i) == master) {
        return "key" + i;
      }
    }
  }

  private static boolean hears(RedisServer node) {
    return lines(node).stream().anyMatch(line -> line.contains(" sub=1 "));
  }

  private static List<String> lines(RedisServer node) {
    return node.text("CLIENT", "LIST").lines().toList();
  }
}
