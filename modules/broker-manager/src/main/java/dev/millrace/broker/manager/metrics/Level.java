package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Gauge;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/** What goes up and down, of all components of a name together. Thread-safe. */
final class Level implements Gauge<Long> {
  private static final long UNKNOWN = -1;

  private final List<LongSupplier> sources = new CopyOnWriteArrayList<>();

  void add(LongSupplier source) {
    sources.add(source);
  }

  void remove(LongSupplier source) {
    sources.remove(source);
  }

  /** Unknown as soon as one of them is. */
  @Override
  public Long getValue() {
    long sum = 0;
    for (LongSupplier source : sources) {
      long now = source.getAsLong();
      if (now < 0) {
        return UNKNOWN;
      }
      sum += now;
    }
    return sum;
  }
}
