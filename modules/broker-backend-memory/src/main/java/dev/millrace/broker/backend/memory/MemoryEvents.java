package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import java.util.concurrent.CompletionStage;

/** Live events of a store, as one backend sees them. */
record MemoryEvents(MemoryBackend backend, Store store) implements EventBus {
  @Override
  public CompletionStage<Void> publish(String channel, Entry event) {
    return backend.perform(
        "publish",
        channel,
        () ->
            store.find(
                keptIn(channel),
                stream -> keep(stream, channel, event),
                () -> publishNow(channel, event)));
  }

  /** Under the stream's lock, so that both have one order. */
  private boolean keep(MemoryStream stream, String channel, Entry event) {
    stream.add(event, store.nowMillis());
    stream.wakeAll();
    return publishNow(channel, event);
  }

  private boolean publishNow(String channel, Entry event) {
    store.topics().publish(channel, event);
    return true;
  }

  /** A channel with brackets, which no stream's name may have, keeps nothing. */
  private static String keptIn(String channel) {
    return channel.startsWith("{") ? "" : Names.events(channel);
  }

  @Override
  public CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink) {
    return backend.answer(
        "subscribe",
        pattern.text(),
        () -> {
          var mailbox = new Mailbox(sink, backend.executor(), store.clock());
          store.topics().add(pattern, mailbox);
          return backend.open(
              () -> {
                store.topics().remove(pattern, mailbox);
                mailbox.close();
              });
        });
  }
}
