package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The events of a limited backend. */
record LimitedEvents(EventBus whole, Refusals refusals) implements EventBus {
  @Override
  public CompletionStage<Void> publish(String channel, Entry event) {
    return whole.publish(channel, event);
  }

  @Override
  public CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink) {
    if (!pattern.exact() && !refusals.has(Feature.EVENT_PATTERNS)) {
      return CompletableFuture.failedFuture(
          refusals.refusal(
              "subscribe", pattern.text(), "subscribing by pattern", Feature.EVENT_PATTERNS));
    }
    return whole.subscribe(pattern, sink);
  }
}
