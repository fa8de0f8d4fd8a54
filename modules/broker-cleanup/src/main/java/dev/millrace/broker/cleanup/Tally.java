package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.spi.Telemetry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a cleaner has counted. Thread-safe. */
final class Tally {
  private final String name;
  private final Telemetry telemetry;
  private final LongAdder visits = new LongAdder();
  private final LongAdder removed = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  Tally(String name, Telemetry telemetry) {
    this.name = name;
    this.telemetry = telemetry;
  }

  /** A visit of one that is in charge. */
  void visited() {
    count("cleanup.visits", visits, 1);
  }

  void removed(long entries) {
    count("cleanup.removed", removed, entries);
  }

  void dropped(long entries) {
    count("cleanup.dropped", dropped, entries);
  }

  void sliced(long nanos) {
    telemetry.time("cleanup.slice", name, nanos);
  }

  void failed() {
    telemetry.count("cleanup.errors", name, 1);
  }

  private void count(String what, LongAdder sum, long by) {
    if (by > 0) {
      sum.add(by);
      telemetry.count(what, name, by);
    }
  }

  Map<String, Long> counts(boolean leader) {
    var counts = new LinkedHashMap<String, Long>();
    counts.put("visits", visits.sum());
    counts.put("removed", removed.sum());
    counts.put("dropped", dropped.sum());
    counts.put("leader", leader ? 1L : 0L);
    return counts;
  }
}
