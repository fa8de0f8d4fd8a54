package dev.millrace.broker.testkit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What went in against what came out, after a full drain: everything accepted has to come out, and
 * nothing that was never sent. Sends without an answer may do either.
 *
 * @param acknowledged accepted sends
 * @param lost accepted and never come out
 * @param unexpected come out and never sent, or refused
 * @param recovered come out though their send had no answer
 * @param duplicated how often each came out beyond the first time, where it did
 */
public record TotalQueueCheck(
    Set<String> acknowledged,
    Set<String> lost,
    Set<String> unexpected,
    Set<String> recovered,
    Map<String, Integer> duplicated) {
  private static final int SHOWN = 10;

  /** Checks a history. */
  public static TotalQueueCheck of(History history) {
    // A send that was refused and tried again may come out: more were begun than refused.
    var open = new HashMap<String, Integer>();
    var acknowledged = new HashSet<String>();
    var outcomes = new ArrayList<String>();
    for (History.Event event : history.events()) {
      switch (event.kind()) {
        case INVOKED -> open.merge(event.id(), 1, Integer::sum);
        case REFUSED -> open.merge(event.id(), -1, Integer::sum);
        case ACKNOWLEDGED -> acknowledged.add(event.id());
        case HANDLED, DEAD_LETTERED, DROPPED -> outcomes.add(event.id());
        case UNKNOWN -> {}
      }
    }
    var attempted = new HashSet<>(open.keySet());
    attempted.removeIf(id -> open.getOrDefault(id, 0) <= 0);
    return of(acknowledged, attempted, outcomes);
  }

  /**
   * Checks sets.
   *
   * @param acknowledged accepted sends
   * @param attempted sends that may come out, accepted or not
   * @param outcomes what came out, once for each time
   */
  public static TotalQueueCheck of(
      Set<String> acknowledged, Set<String> attempted, Collection<String> outcomes) {
    Map<String, Integer> times = new HashMap<>();
    outcomes.forEach(id -> times.merge(id, 1, Integer::sum));
    var lost = new TreeSet<String>(acknowledged);
    lost.removeAll(times.keySet());
    var recovered = new TreeSet<String>(times.keySet());
    recovered.removeAll(acknowledged);
    var unexpected = new TreeSet<String>(recovered);
    unexpected.removeAll(attempted);
    recovered.retainAll(attempted);
    var duplicated = new TreeMap<String, Integer>();
    times.forEach(
        (id, count) -> {
          if (count > 1) {
            duplicated.put(id, count - 1);
          }
        });
    return new TotalQueueCheck(Set.copyOf(acknowledged), lost, unexpected, recovered, duplicated);
  }

  /** How often messages came out beyond the first time, in all. */
  public int duplicates() {
    return duplicated.values().stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * Fails unless nothing is lost or unexpected and duplicates are within their budget. A run in
   * which nothing was accepted shows nothing, and fails too.
   */
  public void assertSound(int duplicatesAllowed) {
    var faults = new ArrayList<String>();
    if (acknowledged.isEmpty()) {
      faults.add("vacuous: no send was acknowledged");
    }
    if (!lost.isEmpty()) {
      faults.add(lost.size() + " lost: " + some(lost));
    }
    if (!unexpected.isEmpty()) {
      faults.add(unexpected.size() + " unexpected: " + some(unexpected));
    }
    if (duplicates() > duplicatesAllowed) {
      faults.add(
          duplicates()
              + " duplicates with a budget of "
              + duplicatesAllowed
              + ": "
              + some(duplicated.keySet()));
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(
          String.join("; ", faults) + " (of " + acknowledged.size() + " acknowledged)");
    }
  }

  private static List<String> some(Collection<String> all) {
    return all.stream().limit(SHOWN).toList();
  }
}
