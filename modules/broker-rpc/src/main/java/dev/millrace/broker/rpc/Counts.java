package dev.millrace.broker.rpc;

import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a client or server has counted since it was made. Thread-safe. */
final class Counts {
  private final Measurements measures;
  private final Measure times;
  private final Map<String, LongAdder> sums = new LinkedHashMap<>();

  /**
   * With all counts of a part at zero, each under its word with hyphens: "not-started".
   *
   * @param times what is timed
   */
  Counts(Measure.Part part, Measurements measures, Measure times) {
    this.measures = measures;
    this.times = times;
    for (Measure measure : Measure.of(part)) {
      if (measure.kind() == Measure.Kind.COUNT) {
        var sum = new LongAdder();
        sums.put(measure.word().replace('_', '-'), sum);
        measures.read(measure, sum::sum);
      }
    }
  }

  void count(String name) {
    count(name, 1);
  }

  void count(String name, long by) {
    LongAdder sum = sums.get(name);
    if (sum == null) {
      throw new IllegalArgumentException("no count is named " + name);
    }
    sum.add(by);
  }

  void time(long nanos) {
    measures.time(times, nanos);
  }

  Map<String, Long> all() {
    var all = new LinkedHashMap<String, Long>();
    sums.forEach((name, sum) -> all.put(name, sum.sum()));
    return all;
  }
}
