package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Counter;
import com.codahale.metrics.LockFreeExponentiallyDecayingReservoir;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.millrace.broker.api.spi.Telemetry;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts measurements into a registry under {@code millrace.<what>.<component>}. Thread-safe; after
 * the first use of a name a measurement costs two look-ups and no allocation. A name that the
 * registry has as another kind of metric is told once and not measured.
 */
public final class MetricsTelemetry implements Telemetry {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsTelemetry.class);

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
        .computeIfAbsent(component, c -> metric(what, c, registry::counter, Counter::new));
  }

  private Timer timer(String what, String component) {
    return timers
        .computeIfAbsent(what, w -> new ConcurrentHashMap<>())
        .computeIfAbsent(
            component,
            c ->
                metric(
                    what,
                    c,
                    name -> registry.timer(name, MetricsTelemetry::timer),
                    MetricsTelemetry::timer));
  }

  /**
   * The registry's; or, where it refuses, one that nobody sees. Whoever measures is in the middle
   * of its work, and a name that the application has taken must not end that.
   */
  private static <M> M metric(
      String what, String component, Function<String, M> registered, Supplier<M> unseen) {
    String name = name(what, component);
    try {
      return registered.apply(name);
    } catch (RuntimeException refused) {
      LOG.warn(
          "the registry refuses the metric {}, which is not shown: {}", name, refused.toString());
      return unseen.get();
    }
  }

  /** The usual reservoir takes a lock for each measurement. */
  private static Timer timer() {
    return new Timer(LockFreeExponentiallyDecayingReservoir.builder().build());
  }

  private static String name(String what, String component) {
    return MetricRegistry.name("millrace", what, component);
  }
}
