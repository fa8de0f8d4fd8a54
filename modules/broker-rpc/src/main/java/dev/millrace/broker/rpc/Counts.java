package dev.millrace.broker.rpc;

import dev.millrace.broker.api.spi.Telemetry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a client or server has counted since it was made. Thread-safe. */
final class Counts {
  private final String prefix;
  private final String component;
  private final Telemetry telemetry;
  private final Map<String, LongAdder> sums = new LinkedHashMap<>();

  /**
   * With all counts at zero.
   *
   * @param prefix what measures begin with
   * @param names of all counts
   */
  Counts(String prefix, String component, Telemetry telemetry, String... names) {
    this.prefix = prefix;
    this.component = component;
    this.telemetry = telemetry;
    for (String name : names) {
      sums.put(name, new LongAdder());
    }
  }

  void count(String name) {
    LongAdder sum = sums.get(name);
    if (sum == null) {
      throw new IllegalArgumentException("no count is named " + name);
    }
    sum.increment();
    telemetry.count(prefix + name, component, 1);
  }

  void time(String name, long nanos) {
    telemetry.time(prefix + name, component, nanos);
  }

  Map<String, Long> all() {
    var all = new LinkedHashMap<String, Long>();
    sums.forEach((name, sum) -> all.put(name, sum.sum()));
    return all;
  }
}
