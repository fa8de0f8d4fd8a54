package dev.millrace.broker.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What stopping did.
 *
 * @param finished messages whose handlers ended in time
 * @param handedBack messages given back unhandled, for another consumer
 * @param cutOff messages whose handlers still ran at the deadline; they were interrupted and their
 *     messages will be delivered again
 * @param took how long it took
 * @param failures what went wrong while stopping, in words; empty when all went well
 */
public record DrainReport(
    long finished, long handedBack, long cutOff, Duration took, List<String> failures) {
  /** Copies the list. */
  public DrainReport {
    failures = List.copyOf(failures);
  }

  /** Nothing to do. */
  public static DrainReport nothing() {
    return new DrainReport(0, 0, 0, Duration.ZERO, List.of());
  }

  /** Both together; the time is the longer one. */
  public DrainReport plus(DrainReport other) {
    var all = new ArrayList<>(failures);
    all.addAll(other.failures);
    return new DrainReport(
        finished + other.finished,
        handedBack + other.handedBack,
        cutOff + other.cutOff,
        took.compareTo(other.took) > 0 ? took : other.took,
        all);
  }

  /** Whether nothing was cut off and nothing failed. */
  public boolean clean() {
    return cutOff == 0 && failures.isEmpty();
  }
}
