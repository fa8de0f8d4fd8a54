package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Counter;
import com.codahale.metrics.LockFreeExponentiallyDecayingReservoir;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.millrace.broker.api.spi.Telemetry;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Puts measurements into a registry under {@code millrace.<what>.<component>}. Thread-safe; after
 * the first use of a name a measurement costs two look-ups and no allocation.
 */
public final class MetricsTelemetry implements Telemetry {
  private final MetricRegistry registry;
  private final ConcurrentHashMap<String, ConcurrentHashMap<String, Counter>> counters =
      new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, ConcurrentHashMap<String, Timer>> timers =
      new ConcurrentHashMap<>();

  /** Into this registry. */
  public MetricsTelemetry(MetricRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void count(String what, String component, long by) {
    ConcurrentHashMap<String, Counter> ofWhat = counters.get(what);
    Counter counter = ofWhat == null ? null : ofWhat.get(component);
    (counter == null ? counter(what, component) : counter).inc(by);
  }

  @Override
  public void time(String what, String component, long nanos) {
    ConcurrentHashMap<String, Timer> ofWhat = timers.get(what);
    Timer timer = ofWhat == null ? null : ofWhat.get(component);
    (timer == null ? timer(what, component) : timer).update(nanos, TimeUnit.NANOSECONDS);
  }

  private Counter counter(String what, String component) {
    return counters
        .computeIfAbsent(what, w -> new ConcurrentHashMap<>())
        .computeIfAbsent(component, c -> registry.counter(name(what, c)));
  }

  private Timer timer(String what, String component) {
    return timers
        .computeIfAbsent(what, w -> new ConcurrentHashMap<>())
        .computeIfAbsent(component, c -> registry.timer(name(what, c), MetricsTelemetry::timer));
  }

  /** The usual reservoir takes a lock for each measurement. */
  private static Timer timer() {
    return new Timer(LockFreeExponentiallyDecayingReservoir.builder().build());
  }

  private static String name(String what, String component) {
    return MetricRegistry.name("millrace", what, component);
  }
}
