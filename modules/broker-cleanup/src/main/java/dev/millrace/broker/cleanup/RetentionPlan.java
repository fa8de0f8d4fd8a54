package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.RetentionReport.Floor;
import dev.millrace.broker.api.RetentionReport.Reason;
import java.util.List;
import java.util.Optional;

/**
 * What is to go from a stream, and why no more.
 *
 * @param goes how many entries, the oldest first
 * @param reasons which rules want entries gone, the one that wants most first
 * @param holds which floors keep entries that a rule wants gone, the one that keeps most first
 */
public record RetentionPlan(long goes, List<Reason> reasons, List<Hold> holds) {
  /** Copies the lists. */
  public RetentionPlan {
    reasons = List.copyOf(reasons);
    holds = List.copyOf(holds);
  }

  /** Of a backup: it is drained, and nothing else takes entries from it. */
  static RetentionPlan ofBackup(long length) {
    var all = new Hold(Floor.BACKUP, length, Optional.empty());
    return new RetentionPlan(0, List.of(), List.of(all));
  }

  /**
   * A floor that keeps entries.
   *
   * @param floor which
   * @param entries how many of those that a rule wants gone
   * @param group whose they are, if it is a group
   */
  public record Hold(Floor floor, long entries, Optional<String> group) {}
}
