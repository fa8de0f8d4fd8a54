package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.BackendContext;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;

/** What the connections to one server and to a cluster have in common. */
abstract class AbstractConnections implements RedisConnections {
  static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  private static final System.Logger LOG = System.getLogger(AbstractConnections.class.getName());
  private static final Duration CLOSING = Duration.ofSeconds(3);

  final ClientSettings settings;
  final ClientResources resources;
  final Epoch epoch = new Epoch();
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean fsyncs;

  AbstractConnections(ClientSettings settings, ClientResources resources) {
    this.settings = settings;
    this.resources = resources;
  }

  abstract StatefulConnection<String, byte[]> connection();

  /** In the order in which they are closed. */
  abstract List<AbstractRedisClient> clients();

  abstract RedisClusterAsyncCommands<String, byte[]> commands();

  @Override
  public final RedisClusterAsyncCommands<String, byte[]> shared() {
    return closed.get() ? ClosedCommands.failing(this::isClosed) : commands();
  }

  private InvalidStateException isClosed() {
    return new InvalidStateException(
        "use the backend", name(), "it is closed", "Open it again, or stop its users first");
  }

  @Override
  public void dispatch(List<? extends RedisCommand<String, byte[], ?>> commands) {
    if (closed.get()) {
      throw isClosed();
    }
    if (commands.size() == 1) {
      // A list takes a longer way, even of one.
      connection().dispatch(commands.getFirst());
    } else {
      connection().dispatch(commands);
    }
  }

  @Override
  public boolean fsyncs() {
    return fsyncs;
  }

  /** Tells what {@link Persistence} found. */
  void fsyncs(boolean found) {
    fsyncs = found;
  }

  @Override
  public long epoch() {
    return epoch.value();
  }

  @Override
  public AutoCloseable onReconnect(Runnable listener) {
    return epoch.onReconnect(listener);
  }

  @Override
  public AutoCloseable onLoss(Runnable listener) {
    return epoch.onLoss(listener);
  }

  @Override
  public BackendContext context() {
    return settings.context();
  }

  @Override
  public String name() {
    return settings.url().toString();
  }

  @Override
  public int maxInFlight() {
    return settings.url().options().maxInFlight();
  }

  CompletionStage<Waiter> openWaiter(
      RedisURI uri, Duration longestBlock, LongFunction<CompletionStage<Long>> unblocker) {
    if (closed.get()) {
      return CompletableFuture.failedStage(isClosed());
    }
    Duration timeout = longestBlock.plus(settings.url().options().commandTimeout());
    var own = new NodeClient(resources, uri, settings.url().socket(), timeout);
    own.setOptions(settings.waiterOptions());
    return own.connectAsync(CODEC, uri)
        .toCompletableFuture()
        .thenCompose(
            connected -> NodeWaiter.on(own, connected, timeout, unblocker, waiters::remove))
        .thenApply(
            waiter -> {
              waiters.add(waiter);
              if (closed.get()) {
                waiter.close();
              }
              return waiter;
            })
        .exceptionallyCompose(
            error ->
                own.shutdownAsync()
                    .thenCompose(done -> CompletableFuture.<Waiter>failedFuture(error)));
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List.copyOf(waiters).forEach(Waiter::close);
    // Before its client, which would close the connections of a cluster's nodes twice.
    quietly(connection().closeAsync());
    clients()
        .forEach(
            client -> quietly(client.shutdownAsync(0, CLOSING.toMillis(), TimeUnit.MILLISECONDS)));
    shutdown(resources);
  }

  static void shutdown(ClientResources resources) {
    resources
        .shutdown(0, CLOSING.toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(CLOSING.toMillis());
  }

  private void quietly(CompletableFuture<Void> closing) {
    try {
      closing.get(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException late) {
      LOG.log(Level.WARNING, "closing " + name() + " was not finished: " + late);
    }
  }

  /** Waits for something that opening needs, no longer than until the deadline. */
  static <T> T await(CompletableFuture<T> stage, ClientSettings settings, long deadlineNanos)
      throws BrokerException {
    String name = settings.url().toString();
    Duration limit = settings.url().options().connectTimeout();
    long left = deadlineNanos - settings.context().clock().nanoTime();
    try {
      return stage.get(Math.max(1, left), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      stage.cancel(true);
      throw Opening.failed(name, interrupted, limit);
    } catch (TimeoutException late) {
      stage.cancel(true);
      throw Opening.failed(name, late, limit);
    } catch (ExecutionException refused) {
      throw Opening.failed(name, refused, limit);
    }
  }
}
