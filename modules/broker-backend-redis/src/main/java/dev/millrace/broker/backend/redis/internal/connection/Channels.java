package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.AttributeKey;
import java.time.Duration;

/** What every channel gets beside Lettuce's own handlers. */
final class Channels implements NettyCustomizer {
  /** Flushes are joined while answers are being read, up to this many: twice the throughput. */
  private static final int FLUSHES = 256;

  private static final AttributeKey<Duration> SILENCE = AttributeKey.valueOf("millrace.silence");

  private final String name;

  Channels(String name) {
    this.name = name;
  }

  @Override
  public void afterChannelInitialized(Channel channel) {
    channel.pipeline().addFirst(new FlushConsolidationHandler(FLUSHES, true));
    Duration silence = channel.attr(SILENCE).get();
    if (silence != null) {
      channel.pipeline().addFirst(new SilenceHandler(silence, name));
    }
  }

  /** Says how long the channels of a connection may be silent. */
  static void limitSilence(ConnectionBuilder builder, Duration limit) {
    builder.bootstrap().attr(SILENCE, limit);
  }

  /**
   * Has the connection made over a Unix socket. Lettuce itself would need Netty's native transport
   * for that; the JDK's own sockets do as well and need neither a native library nor a flag.
   */
  static void useUnixSocket(ConnectionBuilder builder, Duration connectTimeout) {
    builder.bootstrap(
        new Bootstrap()
            .group(builder.bootstrap().config().group())
            .channel(NioDomainSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) connectTimeout.toMillis()));
  }
}
