package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.InstanceNames;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.backend.redis.internal.log.RedisEventBus;
import java.util.concurrent.CompletionStage;

/**
 * Inboxes are channels of pub/sub, on the connection that all subscriptions share. A channel begins
 * with a bracket: it is between the backend's own parts, and no pattern hears it.
 */
public final class RedisReplies implements ReplyInbox {
  private final EventBus events;

  /** On this bus. */
  public RedisReplies(EventBus events) {
    this.events = events;
  }

  @Override
  public CompletionStage<Inbox> open(EventSink sink) {
    String address = RedisEventBus.INBOX + InstanceNames.unique();
    return events
        .subscribe(ChannelPattern.exactly(address), sink)
        .thenApply(subscription -> new Open(address, subscription));
  }

  @Override
  public CompletionStage<Void> reply(String address, Entry reply) {
    return events.publish(address, reply);
  }

  private record Open(String address, AutoCloseable subscription) implements Inbox {
    @Override
    public void close() {
      try {
        subscription.close();
      } catch (Exception impossible) {
        throw new IllegalStateException("ending a subscription does not throw", impossible);
      }
    }
  }
}
