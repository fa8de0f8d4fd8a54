package dev.millrace.broker.streams;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Since when messages have had no handler in this process, for backends that keep no notes. Holds a
 * bounded number, the oldest forgotten first. Thread-safe.
 */
final class Unhandled {
  private static final int REMEMBERED = 10_000;

  /** Since when, and how many deliveries that has cost. */
  private record Seen(Instant since, int deliveries) {}

  private final Map<String, Seen> byId =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Seen> eldest) {
              return size() > REMEMBERED;
            }
          });

  /** Counts one more delivery without a handler; since when there is none. */
  Instant seen(String id, Instant now) {
    return byId.merge(
            id,
            new Seen(now, 1),
            (old, one) -> new Seen(old.since(), old.deliveries() + one.deliveries()))
        .since();
  }

  /** How many deliveries of a message found no handler. */
  int deliveries(String id) {
    Seen seen = byId.get(id);
    return seen == null ? 0 : seen.deliveries();
  }

  void forget(String id) {
    byId.remove(id);
  }
}
