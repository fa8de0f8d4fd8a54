package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Live events by pub/sub. Subscriptions share one connection, made with the first of them. */
public final class RedisEventBus implements EventBus {
  private final RedisConnections connections;
  // Guards listening and closed; never held while waiting.
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable CompletableFuture<Subscriptions> listening;
  private boolean closed;

  /** On these connections. */
  public RedisEventBus(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<Void> publish(String channel, Entry event) {
    return RedisErrors.typed(
        "publish",
        channel,
        connections.shared().publish(channel, EventWire.write(event)).thenAccept(count -> {}));
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
