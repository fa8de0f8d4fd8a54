package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionEvents;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.resource.ClientResources;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/** Lettuce's client of a cluster, with our channels. */
final class ClusterClient extends RedisClusterClient {
  private final Duration silence;

  ClusterClient(ClientResources resources, List<RedisURI> nodes, Duration silence) {
    super(resources, nodes);
    this.silence = silence;
  }

  @Override
  protected void connectionBuilder(
      Mono<SocketAddress> address,
      ConnectionBuilder builder,
      ConnectionEvents events,
      RedisURI uri) {
    super.connectionBuilder(address, builder, events, uri);
    Channels.limitSilence(builder, silence);
  }
}
