package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Clock;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import dev.millrace.broker.api.spi.Telemetry;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts measurements into a registry under {@code millrace.<part>.<word>.<component>}. Thread-safe.
 * A name that the registry has already is told once and not shown: whoever measures is in the
 * middle of its work, and what the application calls its own metrics must not end that.
 */
final class MetricsTelemetry implements Telemetry {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsTelemetry.class);

  private final MetricRegistry registry;
  private final Clock clock;

  /** Guards {@code shared} and what is in the registry; held while its listeners are told. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, Shared> shared = new HashMap<>();

  private static final class Shared {
    final Metric metric;
    int users;

    Shared(Metric metric) {
      this.metric = metric;
    }
  }

  MetricsTelemetry(MetricRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
  }

  MetricRegistry registry() {
    return registry;
  }

  @Override
  public Measurements of(String component, Measure.Part... parts) {
    var metrics = new EnumMap<Measure, Metric>(Measure.class);
    lock.lock();
    try {
      for (Measure.Part part : parts) {
        for (Measure measure : Measure.of(part)) {
          metrics.put(measure, use(measure, component));
        }
      }
    } finally {
      lock.unlock();
    }
    return new Measured(this, component, metrics);
  }

  void release(String component, Iterable<Measure> measures) {
    lock.lock();
    try {
      for (Measure measure : measures) {
        String name = Metrics.name(measure, component);
        Shared found = shared.get(name);
        if (found != null && --found.users == 0) {
          shared.remove(name);
          hide(name, found.metric);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private Metric use(Measure measure, String component) {
    String name = Metrics.name(measure, component);
    Shared found = shared.get(name);
    if (found == null) {
      found = new Shared(made(measure));
      shared.put(name, found);
      show(name, found.metric);
    }
    found.users++;
    return found.metric;
  }

  private void show(String name, Metric metric) {
    try {
      registry.register(name, metric);
    } catch (RuntimeException refused) {
      LOG.warn(
          "the registry refuses the metric {}, which is not shown: {}", name, refused.toString());
    }
  }

  /** Only what is ours. */
  private void hide(String name, Metric metric) {
    try {
      if (metric.equals(registry.getMetrics().get(name))) {
        registry.remove(name);
      }
    } catch (RuntimeException listener) {
      LOG.warn("a listener of the registry failed as {} was removed", name, listener);
    }
  }

  private Metric made(Measure measure) {
    return switch (measure.kind()) {
      case COUNT -> new Flow(clock);
      case TIME -> new Times(clock);
      case LEVEL -> new Level();
    };
  }
}
