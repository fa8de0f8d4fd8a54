package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.UnblockType;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Connections to one server, or to the master that Sentinels name at each connecting. */
final class StandaloneConnections extends AbstractConnections {
  private final NodeClient client;
  private final StatefulRedisConnection<String, byte[]> connection;

  private StandaloneConnections(
      ClientSettings settings,
      ClientResources resources,
      NodeClient client,
      StatefulRedisConnection<String, byte[]> connection) {
    super(settings, resources);
    this.client = client;
    this.connection = connection;
    connection.addListener(epoch);
  }

  static StandaloneConnections open(
      ClientSettings settings, ClientResources resources, long deadlineNanos) {
    var client =
        new NodeClient(resources, settings.uri(), settings.url().socket(), settings.silence());
    client.setOptions(settings.options());
    var connecting = client.connectAsync(CODEC, settings.uri()).toCompletableFuture();
    return new StandaloneConnections(
        settings, resources, client, await(connecting, settings, deadlineNanos));
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
  List<AbstractRedisClient> clients() {
    return List.of(client);
  }

  @Override
  public CompletionStage<Waiter> openWaiter(String key, Duration longestBlock) {
    return openWaiter(
        settings.uri(),
        longestBlock,
        id -> connection.async().clientUnblock(id, UnblockType.TIMEOUT));
  }

  @Override
  public CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> openPubSub() {
    return client.connectPubSubAsync(CODEC, settings.uri());
  }

  @Override
  public Optional<Shards> shards() {
    return Optional.empty();
  }

  @Override
  public CompletionStage<List<RedisClusterAsyncCommands<String, byte[]>>> masters() {
    return CompletableFuture.completedStage(List.of(shared()));
  }

  /** Nothing is asked for this: what keeps TCP alive tells. */
  @Override
  public Duration longestUnnoticed() {
    return ClientSettings.KEPT_ALIVE.plus(settings.silence());
  }

  @Override
  public boolean cluster() {
    return false;
  }

  @Override
  public int slot(String key) {
    return 0;
  }
}
