package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What bounds a stream at this moment: its policy, and a shorter length while memory is short for
 * its priority.
 *
 * @param maxLength keep at most this many
 * @param shortOfMemory whether it is memory that says so, and not the policy
 * @param maxAge keep none older
 * @param minCount always keep this many of the newest
 * @param minAge always keep those that are younger
 * @param groups groups that protect even before they exist
 * @param unread whether what groups have not read or not acknowledged stays
 */
record Bounds(
    long maxLength,
    boolean shortOfMemory,
    Optional<Duration> maxAge,
    long minCount,
    Duration minAge,
    Set<String> groups,
    boolean unread) {

  /** A visit while memory is short takes this share of a stream at least. */
  private static final double LEAST_CUT = 0.1;

  /**
   * The bounds.
   *
   * @param memory the share of the backend's memory in use; empty where no limit is known
   * @param length how many entries the stream has
   */
  static Bounds of(StreamConfig policy, OptionalDouble memory, long length) {
    double cut = cut(policy.priority(), memory);
    long room = Math.max(policy.minRetentionCount(), (long) (length * (1 - cut)));
    boolean shortened = cut > 0 && room < policy.maxLength();
    return new Bounds(
        shortened ? room : policy.maxLength(),
        shortened,
        policy.maxAge(),
        policy.minRetentionCount(),
        policy.minRetentionTime(),
        policy.groups(),
        !policy.history() && !(policy.overflow() instanceof Overflow.Drop));
  }

  /** The share of a stream that is to go for the sake of memory, 0 to 1. */
  static double cut(Priority priority, OptionalDouble memory) {
    double used = memory.orElse(0);
    if (used < priority.shrinksFrom()) {
      return 0;
    }
    double severity =
        (used - priority.shrinksFrom()) / (priority.floorsFrom() - priority.shrinksFrom());
    return Math.clamp(severity, LEAST_CUT, 1);
  }

  /** For the backend. */
  Trimming.Limits limits(int slice, Optional<Instant> latest) {
    return new Trimming.Limits(
        OptionalLong.of(maxLength), maxAge, minCount, minAge, groups, unread, slice, latest);
  }
}
