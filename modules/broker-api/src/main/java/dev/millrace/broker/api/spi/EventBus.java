package dev.millrace.broker.api.spi;

import java.util.concurrent.CompletionStage;

/**
 * Live events: at most once, to whoever listens at that moment. Thread-safe; nothing here blocks.
 */
public interface EventBus {
  /**
   * Publishes; completes when the backend has taken it. Where the channel's stream of kept events
   * exists ({@link dev.millrace.broker.api.Names#events}) the event is added to it in the same
   * step, if the features say so.
   */
  CompletionStage<Void> publish(String channel, Entry event);

  /**
   * Subscribes. When the stage completes, events published from then on arrive.
   *
   * @return how to unsubscribe; idempotent
   */
  CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink);
}
