package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionEvents;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** Lettuce's client of one server, or of a master that Sentinels name, with our channels. */
final class NodeClient extends RedisClient {
  private final Duration silence;
  private final Optional<Path> socket;

  NodeClient(ClientResources resources, RedisURI uri, Optional<Path> socket, Duration silence) {
    super(resources, uri);
    this.socket = socket;
    this.silence = silence;
  }

  @Override
  protected Mono<SocketAddress> getSocketAddress(RedisURI uri) {
    return socket.isPresent()
        ? Mono.fromSupplier(() -> UnixDomainSocketAddress.of(socket.get()))
        : super.getSocketAddress(uri);
  }

  @Override
  protected void connectionBuilder(
      Mono<SocketAddress> address,
      ConnectionBuilder builder,
      ConnectionEvents events,
      RedisURI uri) {
    super.connectionBuilder(address, builder, events, uri);
    if (socket.isPresent()) {
      Channels.useUnixSocket(builder, getOptions().getSocketOptions().getConnectTimeout());
    }
    Channels.limitSilence(builder, silence);
  }
}
