package dev.millrace.broker.backend.memory.simulation;

import java.util.EnumMap;
import java.util.Map;

/** How often each thing happened, over all worlds. */
final class Tally {
  enum Event {
    DELIVERED,
    ACKNOWLEDGED,
    RELEASED,
    PARKED,
    MOVED,
    RENEWED,
    NOTED,
    DIED,
    LEFT,
    STOPPED,
    RECOVERED,
    STALE,
    TRIMMED,
    RESET,
    SPILLED,
    REPEATED,
    DRAINED
  }

  private final Map<Event, Long> counts = new EnumMap<>(Event.class);

  void add(Event event) {
    counts.merge(event, 1L, Long::sum);
  }

  boolean allHappened() {
    return counts.size() == Event.values().length;
  }

  @Override
  public String toString() {
    return counts.toString();
  }
}
