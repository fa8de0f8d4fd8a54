package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Live events by pub/sub. Subscriptions share one connection, made with the first of them. */
public final class RedisEventBus implements EventBus {
  private final RedisConnections connections;
  private final Script publish = Scripts.load("publish");
  // Guards listening and closed; never held while waiting.
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable CompletableFuture<Subscriptions> listening;
  private boolean closed;

  /** For each slot the epoch in which its node was last known to have the script. */
  private final AtomicLongArray known;

  /** On these connections. */
  public RedisEventBus(RedisConnections connections) {
    this.connections = connections;
    this.known = new AtomicLongArray(connections.cluster() ? SlotHash.SLOT_COUNT : 1);
  }

  @Override
  public CompletionStage<Void> publish(String channel, Entry event) {
    byte[] text = EventWire.write(event);
    CompletionStage<?> published =
        channel.startsWith("{")
            ? connections.shared().publish(channel, text) // no stream is called so: nothing is kept
            : publishing(channel, text);
    return RedisErrors.typed("publish", channel, published.thenAccept(done -> {}));
  }

  /**
   * By its text until the channel's server is known to have it, and again after each reconnect: one
   * that is sent again because the server did not know it would come behind those sent after it.
   */
  private CompletionStage<?> publishing(String channel, byte[] text) {
    String[] keys = {Names.events(channel)};
    byte[] name = channel.getBytes(StandardCharsets.UTF_8);
    int slot = connections.slot(keys[0]);
    long epoch = connections.epoch();
    if (known.get(slot) == epoch) {
      return Scripts.run(connections.shared(), publish, ScriptOutputType.INTEGER, keys, name, text);
    }
    return Scripts.<Long>runInOrder(
            connections.shared(), publish, ScriptOutputType.INTEGER, keys, name, text)
        .thenAccept(kept -> known.set(slot, epoch));
  }

  @Override
  public CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink) {
    CompletionStage<AutoCloseable> subscribed =
        listening()
            .thenCompose(
                subscriptions ->
                    subscriptions
                        .add(pattern, sink)
                        .thenApply(
                            listener -> {
                              var once = new AtomicBoolean();
                              return () -> {
                                if (once.compareAndSet(false, true)) {
                                  subscriptions.remove(pattern, listener);
                                }
                              };
                            }));
    return RedisErrors.typed("subscribe", pattern.text(), subscribed);
  }

  private CompletionStage<Subscriptions> listening() {
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedStage(
            new InvalidStateException(
                "subscribe", connections.name(), "the backend is closed", "Open it again"));
      }
      if (listening == null || listening.isCompletedExceptionally()) {
        listening =
            connections
                .openPubSub()
                .thenApply(
                    connection -> new Subscriptions(connection, connections.context().clock()))
                .toCompletableFuture();
      }
      return listening;
    } finally {
      lock.unlock();
    }
  }

  /** Ends all subscriptions; idempotent. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (listening != null) {
        var unused = listening.thenAccept(Subscriptions::close);
      }
    } finally {
      lock.unlock();
    }
  }
}
