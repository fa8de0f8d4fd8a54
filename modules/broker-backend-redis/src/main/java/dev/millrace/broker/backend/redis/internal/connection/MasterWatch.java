package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.spi.BrokerClock;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.ClusterPartitionParser;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode.NodeFlag;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connection to each master of a cluster, so that the death of each is noticed: who only
 * hears sends nothing, and would neither learn of a new master nor notice that a link is half open.
 * Each is asked who the masters are; where one names another, the topology is read anew.
 */
final class MasterWatch {
  /** How often each is asked. */
  static final Duration EACH = Duration.ofSeconds(10);

  private static final System.Logger LOG = System.getLogger(MasterWatch.class.getName());

  private final RedisClusterClient client;
  private final StatefulRedisClusterConnection<String, byte[]> connection;
  private final BrokerClock clock;
  private final AtomicBoolean started = new AtomicBoolean();
  private volatile boolean stopped;
  private volatile boolean complained;

  MasterWatch(
      RedisClusterClient client,
      StatefulRedisClusterConnection<String, byte[]> connection,
      BrokerClock clock) {
    this.client = client;
    this.connection = connection;
    this.clock = clock;
  }

  /** Begins; idempotent. */
  void start() {
    if (started.compareAndSet(false, true)) {
      tick();
    }
  }

  void stop() {
    stopped = true;
  }

  private void tick() {
    if (stopped) {
      return;
    }
    // Not when the last one has ended: a node that does not answer is asked in time all the same.
    clock.schedule(EACH, this::tick);
    var unused =
        CompletableFuture.completedStage(null)
            .thenCompose(now -> look())
            .whenComplete((done, error) -> told(error));
  }

  private CompletionStage<Void> look() {
    List<CompletableFuture<Boolean>> asked =
        masters(client.getPartitions())
            .map(
                node ->
                    connect(node)
                        .thenCompose(connected -> connected.async().clusterNodes())
                        .thenApply(this::namesOthers)
                        // Whoever does not answer may have been followed by another one.
                        .exceptionally(error -> true))
            .toList();
    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done ->
                asked.stream().anyMatch(CompletableFuture::join)
                    ? client.refreshPartitionsAsync().thenCompose(refreshed -> connectAll())
                    : CompletableFuture.completedStage(null));
  }

  private boolean namesOthers(String view) {
    Set<String> known =
        masters(client.getPartitions())
            .map(RedisClusterNode::getNodeId)
            .collect(Collectors.toSet());
    return masters(ClusterPartitionParser.parse(view))
        .anyMatch(node -> !node.getSlots().isEmpty() && !known.contains(node.getNodeId()));
  }

  private CompletionStage<Void> connectAll() {
    return CompletableFuture.allOf(
        masters(client.getPartitions()).map(this::connect).toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<StatefulRedisConnection<String, byte[]>> connect(
      RedisClusterNode node) {
    return connection.getConnectionAsync(node.getUri().getHost(), node.getUri().getPort());
  }

  private static Stream<RedisClusterNode> masters(Partitions nodes) {
    return nodes.stream().filter(node -> node.is(NodeFlag.UPSTREAM) && !node.is(NodeFlag.FAIL));
  }

  private void told(@Nullable Throwable error) {
    if (error == null) {
      complained = false;
    } else if (!stopped && !complained) {
      complained = true;
      LOG.log(
          Level.WARNING,
          "not every master of the cluster can be reached; one that dies before it can is in no gap"
              + " of subscriptions: {0}",
          RedisErrors.unwrap(error).getMessage());
    }
  }
}
