package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** A connection of its own to one node, by a client of its own: its silence is longer. */
final class NodeWaiter implements Waiter {
  private static final long NONE = -1;

  private final NodeClient client;
  private final StatefulRedisConnection<String, byte[]> connection;
  private final LongFunction<CompletionStage<Long>> unblocker;
  private final Consumer<Waiter> onClose;
  private final Epoch epoch = new Epoch();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile long clientId = NONE;
  private volatile long clientIdEpoch;

  private NodeWaiter(
      NodeClient client,
      StatefulRedisConnection<String, byte[]> connection,
      LongFunction<CompletionStage<Long>> unblocker,
      Consumer<Waiter> onClose) {
    this.client = client;
    this.connection = connection;
    this.unblocker = unblocker;
    this.onClose = onClose;
  }

  /** Takes over the client and its connection, and asks for the connection's number. */
  static CompletionStage<Waiter> on(
      NodeClient client,
      StatefulRedisConnection<String, byte[]> connection,
      Duration timeout,
      LongFunction<CompletionStage<Long>> unblocker,
      Consumer<Waiter> onClose) {
    var waiter = new NodeWaiter(client, connection, unblocker, onClose);
    connection.setTimeout(timeout);
    connection.addListener(waiter.epoch);
    waiter.epoch.onReconnect(waiter::askForId);
    return waiter.askForId().thenApply(done -> waiter);
  }

  private CompletionStage<Void> askForId() {
    long now = epoch.value();
    return connection
        .async()
        .clientId()
        .handle(
            (id, error) -> {
              // Without the number waits cannot be cut short, and the reader keeps them short.
              clientId = error == null ? id : NONE;
              clientIdEpoch = now;
              return null;
            });
  }

  @Override
  public RedisClusterAsyncCommands<String, byte[]> commands() {
    return connection.async();
  }

  @Override
  public OptionalLong clientId() {
    return clientId != NONE && clientIdEpoch == epoch.value()
        ? OptionalLong.of(clientId)
        : OptionalLong.empty();
  }

  @Override
  public CompletionStage<Boolean> unblock() {
    OptionalLong id = clientId();
    return id.isEmpty()
        ? CompletableFuture.completedStage(false)
        : unblocker.apply(id.getAsLong()).thenApply(count -> count > 0);
  }

  @Override
  public long epoch() {
    return epoch.value();
  }

  @Override
  public boolean connected() {
    return epoch.up() && connection.isOpen();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return; // whoever reads on it and whoever closes everything may come at the same time
    }
    onClose.accept(this);
    // The resources are shared and stay; quiet periods are for those that do not.
    var unused = connection.closeAsync().thenCompose(closed -> client.shutdownAsync());
  }
}
