package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Metric;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One component's metrics, looked up once. */
final class Measured implements Measurements {
  private final MetricsTelemetry telemetry;
  private final String component;

  /** Never changed, and so read without a lock. */
  private final EnumMap<Measure, Metric> metrics;

  /** Guards what follows. */
  private final ReentrantLock lock = new ReentrantLock();

  private final List<Runnable> sources = new ArrayList<>();
  private boolean closed;

  Measured(MetricsTelemetry telemetry, String component, EnumMap<Measure, Metric> metrics) {
    this.telemetry = telemetry;
    this.component = component;
    this.metrics = metrics;
  }

  @Override
  public void count(Measure what, long by) {
    if (metrics.get(what) instanceof Flow flow) {
      flow.mark(by);
    } else {
      throw wrong(what, Measure.Kind.COUNT);
    }
  }

  @Override
  public void time(Measure what, long nanos) {
    if (metrics.get(what) instanceof Times times) {
      times.took(nanos);
    } else {
      throw wrong(what, Measure.Kind.TIME);
    }
  }

  @Override
  public void read(Measure what, LongSupplier now) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      @Nullable Metric metric = metrics.get(what);
      if (metric instanceof Flow flow) {
        flow.add(now);
        sources.add(() -> flow.remove(now));
      } else if (metric instanceof Level level) {
        level.add(now);
        sources.add(() -> level.remove(now));
      } else {
        throw wrong(what, Measure.Kind.LEVEL);
      }
    } finally {
      lock.unlock();
    }
  }

  private IllegalArgumentException wrong(Measure what, Measure.Kind kind) {
    return new IllegalArgumentException(
        what.label() + " is no " + kind + " of '" + component + "', which has " + metrics.keySet());
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      sources.forEach(Runnable::run);
      sources.clear();
    } finally {
      lock.unlock();
    }
    telemetry.release(component, metrics.keySet());
  }
}
