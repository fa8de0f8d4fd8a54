package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.EventSink;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The listeners of one channel, or of one glob. */
final class Topic {
  private static final System.Logger LOG = System.getLogger(Topic.class.getName());

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final CompletionStage<Void> ready;

  /** On a topic whose SUBSCRIBE was sent; {@code ready} completes with its answer. */
  Topic(CompletionStage<Void> ready) {
    this.ready = ready;
  }

  CompletionStage<Void> ready() {
    return ready;
  }

  Listener add(ChannelPattern pattern, EventSink sink) {
    var listener = new Listener(pattern, sink);
    listeners.add(listener);
    return listener;
  }

  /** Whether nobody is left. */
  boolean remove(Listener listener) {
    listeners.remove(listener);
    return listeners.isEmpty();
  }

  void event(String channel, byte[] message) {
    for (Listener listener : listeners) {
      // What begins with a bracket is between the backend's own parts, unless asked for by name.
      if (listener.pattern.matches(channel)
          && (!channel.startsWith("{") || listener.pattern.exact())) {
        listener.call(sink -> sink.event(channel, EventWire.read(message)));
      }
    }
  }

  void gap(Instant from, Instant to) {
    listeners.forEach(listener -> listener.call(sink -> sink.gap(from, to)));
  }

  /** One subscription. Compared by identity: the same sink may subscribe twice. */
  static final class Listener {
    private final ChannelPattern pattern;
    private final EventSink sink;

    Listener(ChannelPattern pattern, EventSink sink) {
      this.pattern = pattern;
      this.sink = sink;
    }

    private void call(Consumer<EventSink> what) {
      try {
        what.accept(sink);
      } catch (RuntimeException failed) {
        // One listener's fault is no reason for the others to miss the event.
        LOG.log(Level.ERROR, "a listener to " + pattern + " failed", failed);
      }
    }
  }
}
