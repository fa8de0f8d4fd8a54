package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.UnblockType;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Connections to a cluster. The epoch rises when any node's connection of commands comes or goes:
 * which of them an entry was read on is not worth telling apart.
 */
final class ClusterConnections extends AbstractConnections implements Shards {
  private final ClusterClient client;
  // Made with the connections, so that closing them closes it; it has no connection of its own.
  private final NodeClient nodes;
  private final StatefulRedisClusterConnection<String, byte[]> connection;
  private final MasterWatch watch;

  private ClusterConnections(
      ClientSettings settings,
      ClientResources resources,
      ClusterClient client,
      StatefulRedisClusterConnection<String, byte[]> connection) {
    super(settings, resources);
    this.client = client;
    this.connection = connection;
    this.nodes = new NodeClient(resources, settings.uri(), Optional.empty(), settings.silence());
    nodes.setOptions(settings.shardOptions());
    this.watch = new MasterWatch(client, connection, settings.context().clock());
    client.addListener(new OfCommands(epoch));
  }

  /**
   * Passes on what happens to connections of commands. Lettuce's own, which ask for the topology,
   * come and go all the time; the end of subscriptions' is told by themselves.
   */
  private record OfCommands(RedisConnectionStateListener listener)
      implements RedisConnectionStateListener {
    private static boolean are(RedisChannelHandler<?, ?> connection) {
      return connection instanceof StatefulRedisConnectionImpl<?, ?> node
          && node.getCodec().equals(CODEC)
          && !(connection instanceof StatefulRedisPubSubConnection);
    }

    @Override
    public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
      if (are(connection)) {
        listener.onRedisConnected(connection, address);
      }
    }

    @Override
    public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
      if (are(connection)) {
        listener.onRedisDisconnected(connection);
      }
    }
  }

  @Override
  public AutoCloseable onLoss(Runnable listener) {
    AutoCloseable registered = super.onLoss(listener);
    watch.start();
    return registered;
  }

  /** Each is asked so often, and one that does not answer is given up so long after that. */
  @Override
  public Duration longestUnnoticed() {
    return MasterWatch.EACH.plus(settings.silence());
  }

  @Override
  public void close() {
    watch.stop();
    super.close();
  }

  static ClusterConnections open(
      ClientSettings settings, ClientResources resources, long deadlineNanos) {
    var client =
        new ClusterClient(
            resources,
            settings.url().nodes().stream().map(settings::uri).toList(),
            settings.silence());
    client.setOptions(settings.clusterOptions());
    await(client.refreshPartitionsAsync().toCompletableFuture(), settings, deadlineNanos);
    var connection = await(client.connectAsync(CODEC), settings, deadlineNanos);
    // A connection that is still being made would let the first commands overtake each other.
    for (RedisClusterNode node : client.getPartitions()) {
      if (node.is(RedisClusterNode.NodeFlag.UPSTREAM)) {
        await(
            connection.getConnectionAsync(node.getUri().getHost(), node.getUri().getPort()),
            settings,
            deadlineNanos);
      }
    }
    return new ClusterConnections(settings, resources, client, connection);
  }

  @Override
  RedisClusterAsyncCommands<String, byte[]> commands() {
    return connection.async();
  }

  @Override
  StatefulConnection<String, byte[]> connection() {
    return connection;
  }

  @Override
  public CompletionStage<Waiter> openWaiter(String key, Duration longestBlock) {
    RedisClusterNode master = client.getPartitions().getMasterBySlot(slot(key));
    if (master == null) {
      return CompletableFuture.failedStage(
          new BackendUnavailableException(
              "open a connection", name(), "no node of the cluster has the slot of " + key, null));
    }
    String host = master.getUri().getHost();
    int port = master.getUri().getPort();
    return openWaiter(
        settings.uri(new Node(host, port)),
        longestBlock,
        id ->
            connection
                .getConnectionAsync(host, port)
                .thenCompose(node -> node.async().clientUnblock(id, UnblockType.TIMEOUT)));
  }

  @Override
  public CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> openPubSub() {
    return client.connectPubSubAsync(CODEC).thenApply(connected -> connected);
  }

  @Override
  public CompletionStage<List<RedisClusterAsyncCommands<String, byte[]>>> masters() {
    List<CompletableFuture<RedisClusterAsyncCommands<String, byte[]>>> masters =
        client.getPartitions().stream()
            .filter(
                node ->
                    node.is(RedisClusterNode.NodeFlag.UPSTREAM)
                        && !node.is(RedisClusterNode.NodeFlag.FAIL))
            .map(
                node ->
                    connection
                        .getConnectionAsync(node.getUri().getHost(), node.getUri().getPort())
                        .<RedisClusterAsyncCommands<String, byte[]>>thenApply(
                            StatefulRedisConnection::async))
            .toList();
    return CompletableFuture.allOf(masters.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> masters.stream().map(CompletableFuture::join).toList());
  }

  @Override
  public Optional<Shards> shards() {
    return settings.url().options().shardedEvents() ? Optional.of(this) : Optional.empty();
  }

  @Override
  public Optional<Node> owner(String channel) {
    return Optional.ofNullable(client.getPartitions().getMasterBySlot(slot(channel)))
        .map(master -> new Node(master.getUri().getHost(), master.getUri().getPort()));
  }

  @Override
  public CompletionStage<Void> refresh() {
    return client.refreshPartitionsAsync();
  }

  @Override
  public CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> open(Node node) {
    return nodes.connectPubSubAsync(CODEC, settings.uri(node));
  }

  @Override
  public Duration patience() {
    return settings.url().options().commandTimeout();
  }

  @Override
  List<AbstractRedisClient> clients() {
    return List.of(nodes, client);
  }

  @Override
  public boolean cluster() {
    return true;
  }

  @Override
  public int slot(String key) {
    return SlotHash.getSlot(key);
  }
}
