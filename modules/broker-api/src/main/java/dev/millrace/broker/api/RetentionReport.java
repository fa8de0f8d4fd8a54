package dev.millrace.broker.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a cleaner would do with a stream now, and why: a snapshot, put together from several looks.
 * Entries are counted up to 2,000,000 from the oldest on; what stands further behind is taken to
 * stand there, so that a number of entries that go or are free may be too small, and one of entries
 * that are held or behind too large.
 *
 * @param stream its name
 * @param at when, by the backend's clock
 * @param config what is in force, changes at run time included
 * @param changed what of it was changed at run time
 * @param cleanedHere whether a cleaner of this manager is in charge of it; another process's may be
 * @param length how many entries it has
 * @param oldest when the oldest was added
 * @param memory the share of the backend's memory in use; empty where there is no limit
 * @param goes how many entries would go, the oldest first
 * @param reasons which rules want entries gone, the one that wants most first
 * @param holds which rules keep entries that should go, the one that keeps most first; empty if
 *     nothing does. For a backup it is {@link Floor#BACKUP} alone, with all entries
 * @param groups from where on each group needs the stream, the one furthest behind first
 * @param forecast where this leads
 */
public record RetentionReport(
    String stream,
    Instant at,
    StreamConfig config,
    RetentionPolicy changed,
    boolean cleanedHere,
    long length,
    Optional<Instant> oldest,
    OptionalDouble memory,
    long goes,
    List<Reason> reasons,
    List<Hold> holds,
    List<Need> groups,
    Forecast forecast) {
  /** Copies the lists. */
  public RetentionReport {
    reasons = List.copyOf(reasons);
    holds = List.copyOf(holds);
    groups = List.copyOf(groups);
  }

  /** What wants entries gone. */
  public enum Rule {
    /** More than maxLength. */
    MAX_LENGTH,
    /** Older than maxAge. */
    MAX_AGE,
    /** The backend's memory is short, and it is this priority's turn. */
    MEMORY
  }

  /** What keeps entries. */
  public enum Floor {
    /** The newest minRetentionCount. */
    MIN_RETENTION_COUNT,
    /** Younger than minRetentionTime. */
    MIN_RETENTION_TIME,
    /** A group has not read or not acknowledged them. */
    GROUP,
    /** The stream is a backup: what it holds was accepted, and leaves it by being drained alone. */
    BACKUP
  }

  /**
   * A rule that wants entries gone.
   *
   * @param rule which
   * @param entries how many of the oldest
   */
  public record Reason(Rule rule, long entries) {}

  /**
   * A floor that keeps entries which should go.
   *
   * @param floor which
   * @param entries how many of those that a rule wants gone
   * @param need whose they are, if it is a group
   */
  public record Hold(Floor floor, long entries, Optional<Need> need) {}

  /**
   * From where on a group needs the stream.
   *
   * @param group its name
   * @param why in words: "delivered and not acknowledged", "not read", "declared and not there
   *     yet", "has read everything"
   * @param position the first entry that it needs; empty: none
   * @param messageId that message's id
   * @param consumer whose it is, if it was delivered
   * @param since when it was delivered or renewed, or was added if it was not read
   * @param pending how many were delivered and not acknowledged
   * @param behind how many entries stand from there on
   * @param served whether a reader of it is there
   * @param lastServed when one was, where none is and the backend knows
   */
  public record Need(
      String group,
      String why,
      Optional<String> position,
      Optional<String> messageId,
      Optional<String> consumer,
      Optional<Instant> since,
      long pending,
      long behind,
      boolean served,
      Optional<Instant> lastServed) {}

  /**
   * Where today's rate leads, if nothing but the rules removes entries.
   *
   * @param addedPerSecond the rate over the last day, or over the stream's life where that is
   *     shorter, or since the first note of its growth within that day. Without such a note it is
   *     told from the entries of the last day that are still there, up to 2,000,000
   * @param bytesPerEntry about how much memory an entry takes; empty where the backend cannot tell
   * @param settlesAt the length at which maxAge alone keeps it, where that is below maxLength
   * @param fullIn how long until it reaches maxLength; empty: not at this rate
   * @param memoryFullIn how long until the backend's memory is full from this stream alone; empty:
   *     not at this rate, or there is no limit
   */
  public record Forecast(
      double addedPerSecond,
      OptionalLong bytesPerEntry,
      OptionalLong settlesAt,
      Optional<Duration> fullIn,
      Optional<Duration> memoryFullIn) {}
}
