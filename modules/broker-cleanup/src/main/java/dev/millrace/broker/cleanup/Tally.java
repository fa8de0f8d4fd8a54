package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a cleaner has counted. Thread-safe. */
final class Tally {
  private final Measurements measures;
  private final LongAdder visits = new LongAdder();
  private final LongAdder removed = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  private final LongAdder errors = new LongAdder();
  private final LongAdder alarms = new LongAdder();

  Tally(Measurements measures) {
    this.measures = measures;
    measures.read(Measure.CLEANER_VISITS, visits::sum);
    measures.read(Measure.CLEANER_REMOVED, removed::sum);
    measures.read(Measure.CLEANER_DROPPED, dropped::sum);
    measures.read(Measure.CLEANER_ERRORS, errors::sum);
    measures.read(Measure.CLEANER_ALARMS, alarms::sum);
  }

  /** A visit of one that is in charge. */
  void visited() {
    visits.increment();
  }

  void removed(long entries) {
    removed.add(entries);
  }

  void dropped(long entries) {
    dropped.add(entries);
  }

  void sliced(long nanos) {
    measures.time(Measure.CLEANER_SLICE, nanos);
  }

  void failed() {
    errors.increment();
  }

  /** Told that a group holds trimming up. */
  void alarmed() {
    alarms.increment();
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
