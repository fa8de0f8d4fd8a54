package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Clock;
import com.codahale.metrics.MetricRegistry;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Telemetry;
import java.util.Optional;

/**
 * Measurements in a registry of Dropwizard Metrics. A manager has a registry of its own unless its
 * configuration says otherwise:
 *
 * {@snippet :
 * MetricRegistry ours = Metrics.registry(manager.telemetry()).orElseThrow();
 *
 * BrokerConfig.builder().telemetry(Metrics.in(applicationsRegistry));
 * BrokerConfig.builder().telemetry(Telemetry.none());
 * }
 *
 * <p>What is measured, and under which names, is {@link Measure}. Nothing is sampled: each count
 * and each time is in the sum. How long times were is told to within 1 %, of the last five minutes
 * or so, older ones weighing less. Rates and these lengths are worked out when they are read, so
 * that measuring itself is one addition.
 */
public final class Metrics {
  /** What the names of all metrics begin with. */
  static final String PREFIX = "millrace.";

  private Metrics() {}

  /**
   * Measures into this registry. Managers that measure into one registry are to share what this
   * returns: their components of one name are then added up, while of two of these the second finds
   * its names taken, logs so and shows nothing of them.
   *
   * @param registry keeps its other metrics; what is put in is removed when its component closes
   */
  public static Telemetry in(MetricRegistry registry) {
    return new MetricsTelemetry(registry, Clock.defaultClock());
  }

  /** The registry into which it measures; empty if that is none of Dropwizard's. */
  public static Optional<MetricRegistry> registry(Telemetry telemetry) {
    return telemetry instanceof MetricsTelemetry ours
        ? Optional.of(ours.registry())
        : Optional.empty();
  }

  /** The name of a metric: {@code millrace.consumer.handled.orders}. */
  public static String name(Measure measure, String component) {
    return PREFIX + measure.label() + "." + component;
  }
}
