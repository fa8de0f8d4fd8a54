package dev.millrace.broker.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What stopping did.
 *
 * @param finished messages, events, requests and calls under way that ended in time
 * @param handedBack messages given back unhandled, for another consumer
 * @param cutOff what still ran at the deadline: messages whose handlers were interrupted and which
 *     will be delivered again, live events that nobody has handled, requests whose callers are told
 *     that their outcome is unknown, calls that were taken back
 * @param took how long it took
 * @param failures what went wrong while stopping, in words; empty when all went well
 * @param components the share of each component that had any, by its name and in its order; empty
 *     in the report of one component
 */
public record DrainReport(
    long finished,
    long handedBack,
    long cutOff,
    Duration took,
    List<String> failures,
    Map<String, DrainReport> components) {
  /** Copies the list and the map. */
  public DrainReport {
    failures = List.copyOf(failures);
    components = Collections.unmodifiableMap(new TreeMap<>(components));
  }

  /** Of one component. */
  public DrainReport(
      long finished, long handedBack, long cutOff, Duration took, List<String> failures) {
    this(finished, handedBack, cutOff, took, failures, Map.of());
  }

  /** Nothing to do. */
  public static DrainReport nothing() {
    return new DrainReport(0, 0, 0, Duration.ZERO, List.of());
  }

  /** This report as the share of a component, where there is anything to tell of it. */
  public DrainReport shareOf(String component) {
    boolean empty = finished == 0 && handedBack == 0 && cutOff == 0 && failures.isEmpty();
    return new DrainReport(
        finished, handedBack, cutOff, took, failures, empty ? Map.of() : Map.of(component, this));
  }

  /** Both together; the time is the longer one. */
  public DrainReport plus(DrainReport other) {
    var all = new ArrayList<>(failures);
    all.addAll(other.failures);
    var shares = new TreeMap<>(components);
    other.components.forEach((name, share) -> shares.merge(name, share, DrainReport::plus));
    return new DrainReport(
        finished + other.finished,
        handedBack + other.handedBack,
        cutOff + other.cutOff,
        took.compareTo(other.took) > 0 ? took : other.took,
        all,
        shares);
  }

  /** The same, having taken so long. */
  public DrainReport took(Duration time) {
    return new DrainReport(finished, handedBack, cutOff, time, failures, components);
  }

  /** Whether nothing was cut off and nothing failed. */
  public boolean clean() {
    return cutOff == 0 && failures.isEmpty();
  }

  /** One line for people: {@code finished 12, handed back 3, cut off 0, in 240 ms}, and so on. */
  @Override
  public String toString() {
    var text = new StringBuilder(figures()).append(", in ").append(took.toMillis()).append(" ms");
    components.forEach(
        (name, share) -> text.append("; ").append(name).append(": ").append(share.figures()));
    failures.forEach(failure -> text.append("; failed: ").append(failure));
    return text.toString();
  }

  private String figures() {
    return "finished " + finished + ", handed back " + handedBack + ", cut off " + cutOff;
  }
}
