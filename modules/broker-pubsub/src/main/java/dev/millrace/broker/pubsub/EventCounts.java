package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.spi.Telemetry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a subscription has counted since it was made. Thread-safe. */
final class EventCounts {
  private final String component;
  private final Telemetry telemetry;
  private final LongAdder received = new LongAdder();
  private final LongAdder handled = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder gaps = new LongAdder();
  private volatile boolean dropping;

  EventCounts(String component, Telemetry telemetry) {
    this.component = component;
    this.telemetry = telemetry;
  }

  void received() {
    received.increment();
    telemetry.count("events.received", component, 1);
  }

  void handled(long nanos) {
    handled.increment();
    telemetry.time("events.handled", component, nanos);
  }

  void failed(long nanos) {
    failed.increment();
    telemetry.count("events.failed", component, 1);
    telemetry.time("events.handled", component, nanos);
  }

  void dropped() {
    dropped.increment();
    dropping = true;
    telemetry.count("events.dropped", component, 1);
  }

  /** What waited has been handled since the last drop. */
  void keepsUp() {
    dropping = false;
  }

  void gap() {
    gaps.increment();
    telemetry.count("events.gaps", component, 1);
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
