package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.EventSink;
import java.util.concurrent.CompletionStage;

/** Subscriptions, and the connections that they need. Thread-safe; nothing blocks. */
interface Hearing {
  /** Subscribes; completes when what is published from then on is heard. */
  CompletionStage<Topic.Listener> add(ChannelPattern pattern, EventSink sink);

  /** Ends one subscription. */
  void remove(ChannelPattern pattern, Topic.Listener listener);

  /** Ends all of them; completes when their connections are closed. */
  CompletionStage<Void> close();
}
