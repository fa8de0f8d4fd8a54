package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import dev.millrace.broker.api.spi.Telemetry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** Keeps what is measured, for tests. Thread-safe. */
public final class RecordingTelemetry implements Telemetry {
  private final List<Kept> open = new CopyOnWriteArrayList<>();

  /** Nothing measured yet. */
  public RecordingTelemetry() {}

  private final class Kept implements Measurements {
    final String component;
    final Set<Measure.Part> parts;
    final Map<Measure, LongAdder> told = new ConcurrentHashMap<>();
    final Map<Measure, LongSupplier> read = new ConcurrentHashMap<>();

    Kept(String component, Set<Measure.Part> parts) {
      this.component = component;
      this.parts = parts;
    }

    private void check(Measure what) {
      if (!parts.contains(what.part())) {
        throw new IllegalArgumentException(what + " is no measure of " + parts);
      }
    }

    @Override
    public void count(Measure what, long by) {
      check(what);
      told.computeIfAbsent(what, each -> new LongAdder()).add(by);
    }

    @Override
    public void time(Measure what, long nanos) {
      count(what, 1);
    }

    @Override
    public void read(Measure what, LongSupplier now) {
      check(what);
      read.put(what, now);
    }

    @Override
    public void close() {
      open.remove(this);
    }

    long value(Measure what) {
      LongSupplier now = read.get(what);
      LongAdder sum = told.get(what);
      return (now == null ? 0 : now.getAsLong()) + (sum == null ? 0 : sum.sum());
    }
  }

  @Override
  public Measurements of(String component, Measure.Part... parts) {
    var kept = new Kept(component, Set.of(parts));
    open.add(kept);
    return kept;
  }

  /** A measure of all components now; of a time, how often. */
  public long value(Measure what) {
    return open.stream().mapToLong(kept -> kept.value(what)).sum();
  }

  /** The names of what is measured and not closed. */
  public List<String> components() {
    return open.stream().map(kept -> kept.component).sorted().toList();
  }
}
