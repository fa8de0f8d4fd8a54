package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What a consumer counts. */
final class ConsumerCounts {
  enum What {
    RECEIVED("received", Measure.CONSUMER_RECEIVED),
    HANDLED("handled", Measure.CONSUMER_HANDLED),
    SKIPPED("skipped", Measure.CONSUMER_SKIPPED),
    FAILED("failed", Measure.CONSUMER_FAILED),
    RETRIED("retried", Measure.CONSUMER_RETRIED),
    DEAD("dead-lettered", Measure.CONSUMER_DEAD_LETTERED),
    UNHANDLED("unhandled", Measure.CONSUMER_UNHANDLED),
    STALE("stale", Measure.CONSUMER_STALE),
    STALLED("stalled", Measure.CONSUMER_STALLED),
    RENEWED("renewed", Measure.CONSUMER_RENEWED),
    LEASES_LOST("leases lost", Measure.CONSUMER_LEASES_LOST),
    RECREATED("recreated", Measure.CONSUMER_RECREATED);

    private final String label;
    private final Measure measure;

    What(String label, Measure measure) {
      this.label = label;
      this.measure = measure;
    }
  }

  private final EnumMap<What, LongAdder> counts = new EnumMap<>(What.class);
  private final Measurements measures;

  ConsumerCounts(Measurements measures) {
    this.measures = measures;
    for (What what : What.values()) {
      var count = new LongAdder();
      counts.put(what, count);
      measures.read(what.measure, count::sum);
    }
  }

  void add(What what) {
    add(what, 1);
  }

  void add(What what, long by) {
    Objects.requireNonNull(counts.get(what)).add(by);
  }

  /** How long a handler ran. */
  void took(long nanos) {
    measures.time(Measure.CONSUMER_HANDLING, nanos);
  }

  Map<String, Long> snapshot() {
    var snapshot = new LinkedHashMap<String, Long>();
    counts.forEach((what, count) -> snapshot.put(what.label, count.sum()));
    return snapshot;
  }
}
