package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Kind;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.TimeoutOptions.TimeoutSource;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.event.DefaultEventPublisherOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A URL in Lettuce's terms. */
final class ClientSettings {
  private static final Duration FIRST_RECONNECT = Duration.ofMillis(20);
  private static final Duration LAST_RECONNECT = Duration.ofSeconds(2);
  private static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(15);
  private static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(5);
  private static final int KEEPALIVE_COUNT = 3;

  /** So long after its last sign of life TCP gives up a link on which nothing is sent. */
  static final Duration KEPT_ALIVE =
      KEEPALIVE_IDLE.plus(KEEPALIVE_INTERVAL.multipliedBy(KEEPALIVE_COUNT));

  private static final int LEAST_QUEUE = 262_144;

  private final RedisUrl url;
  private final BackendContext context;

  ClientSettings(RedisUrl url, BackendContext context) {
    this.url = url;
    this.context = context;
  }

  RedisUrl url() {
    return url;
  }

  BackendContext context() {
    return context;
  }

  /**
   * How long a connection may be silent on which nothing blocks: as long as a command may take, for
   * then all that are under way have failed.
   */
  Duration silence() {
    return url.options().commandTimeout();
  }

  ClientResources resources() {
    return ClientResources.builder()
        .nettyCustomizer(new Channels(url.toString()))
        .commandLatencyRecorder(CommandLatencyRecorder.disabled())
        .commandLatencyPublisherOptions(DefaultEventPublisherOptions.disabled())
        .reconnectDelay(
            Delay.equalJitter(FIRST_RECONNECT, LAST_RECONNECT, 1, TimeUnit.MILLISECONDS))
        .build();
  }

  /**
   * While disconnected commands fail at once, and those under way fail with the connection: with
   * Lettuce's default it sends them again, and an append happens twice.
   *
   * <p>RESP2 is spoken by whatever stands between (proxies), and nothing here needs pushes.
   */
  ClientOptions options() {
    return options(
        TimeoutOptions.builder().timeoutCommands().timeoutSource(new UntimedAppends()).build());
  }

  /** The same for connections on which commands block: these have a time-out of their own. */
  ClientOptions waiterOptions() {
    return options(TimeoutOptions.enabled());
  }

  /**
   * The same for sharded subscriptions to one node. They end with their connection, for then their
   * channels may belong elsewhere. Events are pushes of RESP3: in RESP2 Lettuce (7.7.0) takes one
   * of a shard for the answer to whatever is under way, and an error behind it is lost.
   */
  ClientOptions shardOptions() {
    return options().mutate().autoReconnect(false).protocolVersion(ProtocolVersion.RESP3).build();
  }

  /**
   * A timer for each append would tell nothing that {@link SilenceHandler} does not: answers come
   * in order.
   */
  private final class UntimedAppends extends TimeoutSource {
    @Override
    public long getTimeout(RedisCommand<?, ?, ?> command) {
      boolean append =
          command.getType() == CommandType.XADD || command.getType() instanceof AppendCommand;
      return append ? 0 : url.options().commandTimeout().toMillis();
    }

    @Override
    public TimeUnit getTimeUnit() {
      return TimeUnit.MILLISECONDS;
    }
  }

  private ClientOptions options(TimeoutOptions timeouts) {
    return ClientOptions.builder()
        .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
        .autoReconnect(true)
        .pingBeforeActivateConnection(true)
        .protocolVersion(ProtocolVersion.RESP2)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        .requestQueueSize(Math.max(LEAST_QUEUE, 4 * url.options().maxInFlight()))
        .timeoutOptions(timeouts)
        .socketOptions(socketOptions())
        .sslOptions(sslOptions())
        .build();
  }

  ClusterClientOptions clusterOptions() {
    return ClusterClientOptions.builder(options())
        .topologyRefreshOptions(
            ClusterTopologyRefreshOptions.builder()
                .adaptiveRefreshTriggersTimeout(Duration.ofSeconds(1))
                .build())
        .build();
  }

  /** How Lettuce finds and greets a server; for Sentinels without a node. */
  RedisURI uri(Node node) {
    return greeting(RedisURI.Builder.redis(node.host(), node.port()));
  }

  /** How Lettuce finds and greets the server of this URL. */
  RedisURI uri() {
    if (url.kind() == Kind.SOCKET) {
      return greeting(RedisURI.Builder.redis("localhost"));
    }
    if (url.kind() != Kind.SENTINEL) {
      return uri(url.nodes().getFirst());
    }
    RedisURI.Builder builder = RedisURI.builder();
    for (Node node : url.nodes()) {
      builder.withSentinel(sentinel(node));
    }
    url.master().ifPresent(builder::withSentinelMasterId);
    return greeting(builder);
  }

  private RedisURI sentinel(Node node) {
    RedisURI.Builder builder =
        RedisURI.Builder.redis(node.host(), node.port())
            .withSsl(url.tls())
            .withVerifyPeer(SslVerifyMode.FULL)
            .withTimeout(url.options().connectTimeout());
    url.options()
        .sentinelPassword()
        .ifPresent(
            password ->
                authenticate(builder, url.options().sentinelUser().orElse(""), password.reveal()));
    return builder.build();
  }

  private RedisURI greeting(RedisURI.Builder builder) {
    builder
        .withSsl(url.tls())
        .withVerifyPeer(SslVerifyMode.FULL)
        .withDatabase(url.database())
        .withClientName(token("millrace:" + context.appName() + ":" + context.instance()))
        .withLibraryName("millrace")
        .withTimeout(url.options().connectTimeout());
    url.password()
        .ifPresent(password -> authenticate(builder, url.user().orElse(""), password.reveal()));
    return builder.build();
  }

  private static void authenticate(RedisURI.Builder builder, String user, String password) {
    if (user.isEmpty()) {
      builder.withPassword(password.toCharArray());
    } else {
      builder.withAuthentication(user, password.toCharArray());
    }
  }

  private SocketOptions socketOptions() {
    return SocketOptions.builder()
        .connectTimeout(url.options().connectTimeout())
        .tcpNoDelay(true)
        .keepAlive(
            KeepAliveOptions.builder()
                .enable()
                .idle(KEEPALIVE_IDLE)
                .interval(KEEPALIVE_INTERVAL)
                .count(KEEPALIVE_COUNT)
                .build())
        .build();
  }

  private SslOptions sslOptions() {
    SslOptions.Builder builder = SslOptions.builder().jdkSslProvider();
    var options = url.options();
    options.caFile().ifPresent(file -> builder.trustManager(file.toFile()));
    options
        .certFile()
        .ifPresent(
            cert ->
                builder.keyManager(
                    cert.toFile(), options.keyFile().orElseThrow().toFile(), new char[0]));
    return builder.build();
  }

  /** Redis refuses blanks and control characters in names of clients. */
  private static String token(String text) {
    return text.replaceAll("[^!-~]", "_");
  }
}
