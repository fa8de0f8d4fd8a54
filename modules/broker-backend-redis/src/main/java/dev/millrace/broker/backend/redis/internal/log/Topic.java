package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The listeners of one channel, or of one glob. */
final class Topic {
  private static final System.Logger LOG = System.getLogger(Topic.class.getName());

  private final String name;
  private final boolean exact;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /**
   * Without a listener yet.
   *
   * @param name the channel, or the glob
   */
  Topic(String name, boolean exact) {
    this.name = name;
    this.exact = exact;
  }

  String name() {
    return name;
  }

  boolean exact() {
    return exact;
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
    Entry event = null;
    for (Listener listener : listeners) {
      if (listener.hears(channel)) {
        // Taken apart once for all of them: an entry does not change.
        event = event == null ? EventWire.read(message) : event;
        listener.event(channel, event);
      }
    }
  }

  void gap(Instant from, Instant to) {
    listeners.forEach(listener -> listener.gap(from, to));
  }

  /** One subscription. Compared by identity: the same sink may subscribe twice. */
  static final class Listener {
    private final ChannelPattern pattern;
    private final EventSink sink;

    Listener(ChannelPattern pattern, EventSink sink) {
      this.pattern = pattern;
      this.sink = sink;
    }

    /** What begins with a bracket is between the backend's own parts, unless asked for by name. */
    private boolean hears(String channel) {
      return pattern.matches(channel) && (pattern.exact() || !channel.startsWith("{"));
    }

    private void event(String channel, Entry event) {
      try {
        sink.event(channel, event);
      } catch (Throwable failed) {
        failed(failed);
      }
    }

    private void gap(Instant from, Instant to) {
      try {
        sink.gap(from, to);
      } catch (Throwable failed) {
        failed(failed);
      }
    }

    /** One listener's fault, be it an Error, is no reason for the others to miss the event. */
    private void failed(Throwable failed) {
      LOG.log(Level.ERROR, "a listener to " + pattern + " failed", failed);
    }
  }
}
