package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Drop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Removes old entries, and never one that a group has not read and acknowledged; tells what stands
 * where, for those who decide and explain.
 */
public interface Trimming {
  /**
   * Trims one slice. What the groups need is looked at in the same step as the removal.
   *
   * @param dryRun only tell
   */
  CompletionStage<Report> trim(String stream, Limits limits, boolean dryRun);

  /**
   * How the stream stands, as far as retention is concerned; changes nothing.
   *
   * @param declaredGroups groups that protect even before they exist
   */
  CompletionStage<Facts> inspect(String stream, Set<String> declaredGroups);

  /**
   * Counts entries from the oldest on, a part at a time, so that the backend is never busy for
   * long.
   *
   * @param after begin behind this place; empty: at the oldest
   * @param before end before the first entry that stands here or behind it
   * @param most look at so many at most, 1 to 10,000
   */
  CompletionStage<Counted> count(
      String stream, Optional<Position> after, Position before, int most);

  /** How full the backend's memory is: of several servers, the fullest. */
  CompletionStage<Memory> memory();

  /**
   * Stores settings with the stream, in place of those stored before; they go with the stream when
   * it is deleted, and {@link StreamState#settings()} tells them.
   *
   * @param settings names and values; empty: none any more
   */
  CompletionStage<Void> store(String stream, Map<String, String> settings);

  /**
   * What was trimmed although a group still needed it, newest first; about the last thousand slices
   * are kept.
   *
   * @param most how many at most, from 1
   */
  CompletionStage<List<Drop>> drops(String stream, int most);

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
   *     without readers). What goes that a group still needed is a drop: counted for that group,
   *     kept in a ledger, and no longer pending in it
   * @param slice remove at most about this many
   * @param latest ages are counted back from this time, or from the backend's own where that is
   *     earlier, so that a clock that was set forward makes nothing look old; empty: from the
   *     backend's own
   */
  record Limits(
      OptionalLong maxLength,
      Optional<Duration> maxAge,
      long minCount,
      Duration minAge,
      Set<String> declaredGroups,
      boolean unread,
      int slice,
      Optional<Instant> latest) {
    /** Copies the set. */
    public Limits {
      declaredGroups = Set.copyOf(declaredGroups);
    }

    /** By the backend's own clock. */
    public Limits(
        OptionalLong maxLength,
        Optional<Duration> maxAge,
        long minCount,
        Duration minAge,
        Set<String> declaredGroups,
        boolean unread,
        int slice) {
      this(maxLength, maxAge, minCount, minAge, declaredGroups, unread, slice, Optional.empty());
    }
  }

  /**
   * What a slice did, or would do.
   *
   * @param removed how many entries
   * @param more whether another slice would remove more
   * @param length how many are left
   * @param pinnedBy the group whose unread or unacknowledged entry stops the trimming, where one
   *     does; empty as long as there is more to remove
   * @param dropped how many of the removed entries each group still needed, by group; without those
   *     that lost nothing
   */
  record Report(
      long removed,
      boolean more,
      long length,
      Optional<String> pinnedBy,
      Map<String, Long> dropped) {
    /** Copies the map. */
    public Report {
      dropped = Map.copyOf(dropped);
    }

    /** One that dropped nothing. */
    public Report(long removed, boolean more, long length, Optional<String> pinnedBy) {
      this(removed, more, length, pinnedBy, Map.of());
    }
  }

  /**
   * How a stream stands at one moment.
   *
   * @param exists whether it does
   * @param now the backend's time
   * @param length how many entries it has
   * @param added how many were ever added to it
   * @param first the oldest entry
   * @param last the newest entry
   * @param bytes about how much memory it takes; empty where the backend cannot tell
   * @param needs what each group still needs, by group: those that exist, and those declared
   * @param history how many had been added at earlier times, oldest first; about one an hour over a
   *     day, written when the stream is trimmed
   */
  record Facts(
      boolean exists,
      Instant now,
      long length,
      long added,
      Optional<Mark> first,
      Optional<Mark> last,
      OptionalLong bytes,
      List<Need> needs,
      List<Sample> history) {
    /** Copies the lists. */
    public Facts {
      needs = List.copyOf(needs);
      history = List.copyOf(history);
    }

    /** The same with other needs. */
    public Facts withNeeds(List<Need> others) {
      return new Facts(exists, now, length, added, first, last, bytes, others, history);
    }
  }

  /**
   * An entry and when it was added.
   *
   * @param position where it stands
   * @param at when it was added
   */
  record Mark(Position position, Instant at) {}

  /**
   * From where on a group still needs a stream.
   *
   * @param group its name
   * @param kind why
   * @param first the first entry that it needs; empty: it has read and acknowledged everything
   * @param id that entry's message id, where it has one
   * @param consumer whose it is, if it is pending
   * @param idle since it was delivered or renewed, if it is pending
   * @param pending how many are pending
   * @param served whether a reader of it is there
   * @param lastServed when one was, where none is and the backend knows
   */
  record Need(
      String group,
      Kind kind,
      Optional<Mark> first,
      Optional<String> id,
      Optional<String> consumer,
      Optional<Duration> idle,
      long pending,
      boolean served,
      Optional<Instant> lastServed) {
    /** One of whose readers nothing is known. */
    public Need(
        String group,
        Kind kind,
        Optional<Mark> first,
        Optional<String> id,
        Optional<String> consumer,
        Optional<Duration> idle,
        long pending) {
      this(group, kind, first, id, consumer, idle, pending, false, Optional.empty());
    }

    /** The same, with what is known of its readers. */
    public Need servedBy(boolean now, Optional<Instant> last) {
      return new Need(group, kind, first, id, consumer, idle, pending, now, last);
    }

    /** Why a group needs an entry. */
    public enum Kind {
      /** It was delivered and is not acknowledged. */
      PENDING,
      /** It was not delivered yet, or there is none. */
      UNREAD,
      /** The group is declared and does not exist: it has read nothing. */
      ABSENT
    }
  }

  /**
   * How many entries had been added at a time.
   *
   * @param at when
   * @param added how many, since the stream was made
   */
  record Sample(Instant at, long added) {}

  /**
   * A part of a count.
   *
   * @param entries how many
   * @param next where to go on behind; empty: all were counted
   */
  record Counted(long entries, Optional<Position> next) {}

  /**
   * How full a memory is.
   *
   * @param used bytes in use
   * @param limit bytes there may be; empty: no limit is known
   */
  record Memory(long used, OptionalLong limit) {
    /** The share in use, from 0; empty where there is no limit. */
    public java.util.OptionalDouble share() {
      return limit.isPresent()
          ? java.util.OptionalDouble.of((double) used / limit.getAsLong())
          : java.util.OptionalDouble.empty();
    }
  }
}
