package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a subscription has counted since it was made. Thread-safe. */
final class EventCounts {
  private final Measurements measures;
  private final LongAdder received = new LongAdder();
  private final LongAdder handled = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder gaps = new LongAdder();
  private volatile boolean dropping;

  EventCounts(Measurements measures) {
    this.measures = measures;
    measures.read(Measure.SUBSCRIPTION_RECEIVED, received::sum);
    measures.read(Measure.SUBSCRIPTION_HANDLED, handled::sum);
    measures.read(Measure.SUBSCRIPTION_FAILED, failed::sum);
    measures.read(Measure.SUBSCRIPTION_DROPPED, dropped::sum);
    measures.read(Measure.SUBSCRIPTION_GAPS, gaps::sum);
  }

  void received() {
    received.increment();
  }

  void handled(long nanos) {
    handled.increment();
    measures.time(Measure.SUBSCRIPTION_HANDLING, nanos);
  }

  void failed(long nanos) {
    failed.increment();
    measures.time(Measure.SUBSCRIPTION_HANDLING, nanos);
  }

  void dropped() {
    dropped.increment();
    dropping = true;
  }

  /** What waited has been handled since the last drop. */
  void keepsUp() {
    dropping = false;
  }

  void gap() {
    gaps.increment();
  }

  ComponentHealth health() {
    return dropping
        ? ComponentHealth.yellow(
            "its handlers are slower than the events: " + dropped.sum() + " were dropped so far")
        : ComponentHealth.green();
  }

  Map<String, Long> all() {
    var all = new LinkedHashMap<String, Long>();
    all.put("received", received.sum());
    all.put("handled", handled.sum());
    all.put("failed", failed.sum());
    all.put("dropped", dropped.sum());
    all.put("gaps", gaps.sum());
    return all;
  }
}
