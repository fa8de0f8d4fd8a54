package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Removes old entries, and never one that a group has not read and acknowledged. */
public interface Trimming {
  /**
   * Trims one slice.
   *
   * @param dryRun only tell
   */
  CompletionStage<Report> trim(String stream, Limits limits, boolean dryRun);

  /**
   * What may go: entries beyond maxLength or older than maxAge, but none of the newest minCount,
   * none younger than minAge, and none from the oldest unacknowledged one on, over all groups that
   * exist and all that are declared.
   *
   * @param maxLength keep at most this many
   * @param maxAge keep none older
   * @param minCount always keep this many of the newest
   * @param minAge always keep those that are younger
   * @param declaredGroups groups that protect even before they exist
   * @param unread false: unread and unacknowledged entries do not protect (drop policy, or history
   *     without readers)
   * @param slice remove at most about this many
   */
  record Limits(
      OptionalLong maxLength,
      Optional<Duration> maxAge,
      long minCount,
      Duration minAge,
      Set<String> declaredGroups,
      boolean unread,
      int slice) {
    /** Copies the set. */
    public Limits {
      declaredGroups = Set.copyOf(declaredGroups);
    }
  }

  /**
   * What a slice did, or would do.
   *
   * @param removed how many entries
   * @param more whether another slice would remove more
   * @param length how many are left
   * @param pinnedBy the group whose unread or unacknowledged entry stops the trimming, where one
   *     does
   */
  record Report(long removed, boolean more, long length, Optional<String> pinnedBy) {}
}
