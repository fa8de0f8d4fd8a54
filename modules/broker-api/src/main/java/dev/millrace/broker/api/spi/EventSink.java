package dev.millrace.broker.api.spi;

import java.time.Instant;

/** Where events arrive: on the backend's threads, in order for one channel; must not block. */
public interface EventSink {
  /** An event. */
  void event(String channel, Entry event);

  /** Events between these times may have been missed; the subscription is up again. */
  void gap(Instant from, Instant to);
}
