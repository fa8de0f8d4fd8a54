package dev.millrace.broker.api.spi;

import java.util.concurrent.CompletionStage;

/**
 * Live events: at most once, to whoever listens at that moment. Thread-safe; nothing here blocks.
 */
public interface EventBus {
  /** Publishes; completes when the backend has taken it. */
  CompletionStage<Void> publish(String channel, Entry event);

  /**
   * Subscribes. When the stage completes, events published from then on arrive.
   *
   * @return how to unsubscribe; idempotent
   */
  CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink);
}
