package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Live events by pub/sub. Subscriptions share one connection, made with the first of them; where
 * events are sharded, one for each master.
 */
public final class RedisEventBus implements EventBus {
  /** How the channels begin on which replies come. */
  public static final String INBOX = "{inbox}:";

  private final RedisConnections connections;
  private final Publishing publishing;
  private final EventsMode mode;
  // Guards plain, sharded and closed; never held while waiting.
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable CompletableFuture<Hearing> plain;
  private @Nullable Hearing sharded;
  private boolean closed;

  /** On these connections. */
  public RedisEventBus(RedisConnections connections) {
    this.connections = connections;
    this.publishing = new Publishing(connections);
    this.mode = new EventsMode(connections);
  }

  @Override
  public CompletionStage<Void> publish(String channel, Entry event) {
    byte[] text = EventWire.write(event);
    // No stream's name has a bracket: nothing is kept of such a channel.
    Supplier<CompletionStage<Void>> publish =
        () ->
            (channel.indexOf('{') < 0
                    ? publishing.kept(channel, text, sharded(channel))
                    : publishing.only(channel, text, sharded(channel)))
                .thenAccept(done -> {});
    return RedisErrors.typed("publish", channel, mode.where(publish));
  }

  /** The script that answers a request is in the request's slot, and not in its inbox's. */
  private boolean sharded(String channel) {
    return connections.shards().isPresent() && !channel.startsWith(INBOX);
  }

  @Override
  public CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink) {
    if (!pattern.exact() && connections.shards().isPresent()) {
      return CompletableFuture.failedStage(
          new UnsupportedByBackendException(
              "subscribe",
              pattern.text(),
              "hearing the pattern '"
                  + pattern.text()
                  + "' (Redis has no patterns of sharded channels: subscribe to each channel by its"
                  + " name, or put events=plain into the URLs of all processes)",
              Feature.EVENT_PATTERNS.name(),
              connections.name()));
    }
    CompletionStage<AutoCloseable> subscribed =
        mode.where(
            () ->
                hearing(pattern)
                    .thenCompose(
                        hearing ->
                            hearing
                                .add(pattern, sink)
                                .thenApply(
                                    listener -> {
                                      var once = new AtomicBoolean();
                                      return () -> {
                                        if (once.compareAndSet(false, true)) {
                                          hearing.remove(pattern, listener);
                                        }
                                      };
                                    })));
    return RedisErrors.typed("subscribe", pattern.text(), subscribed);
  }

  private CompletionStage<Hearing> hearing(ChannelPattern pattern) {
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedStage(
            new InvalidStateException(
                "subscribe", connections.name(), "the backend is closed", "Open it again"));
      }
      BrokerClock clock = connections.context().clock();
      if (sharded(pattern.text())) {
        if (sharded == null) {
          sharded =
              new ShardedSubscriptions(
                  connections.shards().orElseThrow(), clock, connections.name());
        }
        return CompletableFuture.completedStage(sharded);
      }
      if (plain == null || plain.isCompletedExceptionally()) {
        plain =
            connections
                .openPubSub()
                .<Hearing>thenApply(
                    connection -> {
                      var subscriptions = new Subscriptions(connection, clock);
                      if (connections.cluster()) {
                        var unused =
                            connections.onLoss(
                                () -> subscriptions.doubt(connections.longestUnnoticed()));
                      }
                      return subscriptions;
                    })
                .toCompletableFuture();
      }
      return plain;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends all subscriptions; idempotent. Completes when their connections are closed: who closes
   * them before that closes them twice.
   */
  public CompletionStage<Void> close() {
    List<CompletableFuture<Void>> closing = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.completedStage(null);
      }
      closed = true;
      if (plain != null) {
        closing.add(plain.handle((hearing, error) -> hearing).thenCompose(RedisEventBus::close));
      }
      if (sharded != null) {
        closing.add(sharded.close().toCompletableFuture());
      }
    } finally {
      lock.unlock();
    }
    return CompletableFuture.allOf(closing.toArray(CompletableFuture<?>[]::new));
  }

  /** Null where none could be opened. */
  private static CompletionStage<Void> close(@Nullable Hearing hearing) {
    return hearing == null ? CompletableFuture.completedStage(null) : hearing.close();
  }
}
