package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.Telemetry;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What a consumer counts. */
final class ConsumerCounts {
  enum What {
    RECEIVED("received"),
    HANDLED("handled"),
    SKIPPED("skipped"),
    FAILED("failed"),
    RETRIED("retried"),
    DEAD("dead-lettered"),
    UNHANDLED("unhandled"),
    STALE("stale"),
    STALLED("stalled"),
    LEASES_LOST("leases lost"),
    RECREATED("recreated");

    private final String label;
    private final String metric;

    What(String label) {
      this.label = label;
      this.metric = "consumer." + label.replace(' ', '_');
    }
  }

  private final EnumMap<What, LongAdder> counts = new EnumMap<>(What.class);
  private final Telemetry telemetry;
  private final String component;

  ConsumerCounts(Telemetry telemetry, String component) {
    this.telemetry = telemetry;
    this.component = component;
    for (What what : What.values()) {
      counts.put(what, new LongAdder());
    }
  }

  void add(What what) {
    add(what, 1);
  }

  void add(What what, long by) {
    Objects.requireNonNull(counts.get(what)).add(by);
    telemetry.count(what.metric, component, by);
  }

  Map<String, Long> snapshot() {
    var snapshot = new LinkedHashMap<String, Long>();
    counts.forEach((what, count) -> snapshot.put(what.label, count.sum()));
    return snapshot;
  }
}
