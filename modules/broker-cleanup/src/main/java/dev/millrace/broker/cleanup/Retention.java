package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.RetentionReport.Floor;
import dev.millrace.broker.api.RetentionReport.Reason;
import dev.millrace.broker.api.RetentionReport.Rule;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.cleanup.RetentionPlan.Hold;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The rules of retention. Each rule wants some of the oldest entries gone and each floor lets some
 * of the oldest go, so that what goes is the most that a rule wants, but not more than any floor
 * lets go.
 */
public final class Retention {
  private Retention() {}

  /**
   * What is to go: the decision that a backend's {@link Trimming#trim} makes in its own step, as a
   * function of nothing but its parameters.
   *
   * @param policy what is in force
   * @param memory the share of the backend's memory in use; empty where no limit is known
   */
  public static RetentionPlan plan(Standing stream, StreamConfig policy, OptionalDouble memory) {
    Bounds bounds = Bounds.of(policy, memory, stream.length());
    List<Reason> reasons = reasons(stream, policy, bounds);
    long wanted = reasons.isEmpty() ? 0 : reasons.getFirst().entries();
    List<Hold> holds = holds(stream, bounds, wanted);
    return new RetentionPlan(
        holds.isEmpty() ? wanted : wanted - holds.getFirst().entries(), reasons, holds);
  }

  private static List<Reason> reasons(Standing stream, StreamConfig policy, Bounds bounds) {
    var reasons = new ArrayList<Reason>();
    want(reasons, Rule.MAX_LENGTH, stream.length() - policy.maxLength());
    want(reasons, Rule.MAX_AGE, stream.tooOld());
    if (bounds.shortOfMemory()) {
      want(reasons, Rule.MEMORY, stream.length() - bounds.maxLength());
    }
    reasons.sort(Comparator.comparingLong(Reason::entries).reversed());
    return reasons;
  }

  private static void want(List<Reason> reasons, Rule rule, long entries) {
    if (entries > 0) {
      reasons.add(new Reason(rule, entries));
    }
  }

  private static List<Hold> holds(Standing stream, Bounds bounds, long wanted) {
    var holds = new ArrayList<Hold>();
    long spare = Math.max(0, stream.length() - bounds.minCount());
    hold(holds, Floor.MIN_RETENTION_COUNT, wanted - spare, Optional.empty());
    hold(holds, Floor.MIN_RETENTION_TIME, wanted - stream.oldEnough(), Optional.empty());
    if (bounds.unread()) {
      stream.free().entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(
              group ->
                  hold(holds, Floor.GROUP, wanted - group.getValue(), Optional.of(group.getKey())));
    }
    holds.sort(Comparator.comparingLong(Hold::entries).reversed());
    return holds;
  }

  private static void hold(List<Hold> holds, Floor floor, long entries, Optional<String> group) {
    if (entries > 0) {
      holds.add(new Hold(floor, entries, group));
    }
  }
}
