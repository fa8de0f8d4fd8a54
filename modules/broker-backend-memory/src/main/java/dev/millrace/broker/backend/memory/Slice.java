package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.api.spi.Trimming.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One slice off a stream's oldest end; every bound is an ordinal. Under the stream's lock.
 *
 * @param time what the backend's clock says
 * @param now what ages are counted back from, in milliseconds
 */
record Slice(MemoryStream stream, Limits limits, Instant time, long now) {
  static Slice of(MemoryStream stream, Limits limits) {
    Instant time = stream.store.clock().now();
    long own = time.toEpochMilli();
    long now = limits.latest().map(latest -> Math.min(own, latest.toEpochMilli())).orElse(own);
    return new Slice(stream, limits, time, now);
  }

  /** Removes it, or only tells what that would do. */
  Report trim(boolean dryRun) {
    EntryLog log = stream.log;
    long wanted = Math.min(unwanted(), notKept());
    Floor floor = limits.unread() ? floor() : new Floor(wanted, null);
    long allowed = Math.min(wanted, floor.ordinal);
    long end = Math.min(allowed, log.behind(Math.max(1, limits.slice())));
    Losses losses = limits.unread() ? Losses.NONE : Losses.of(stream, end, limits.declaredGroups());
    long removed = log.count(log.head(), end);
    boolean more = log.count(end, allowed) > 0;
    // Entries between may have been deleted: then the group keeps nothing that should go.
    boolean pinned = !more && floor.ordinal < wanted && log.count(floor.ordinal, wanted) > 0;
    var report =
        new Report(
            removed,
            more,
            log.length() - removed,
            pinned ? Optional.ofNullable(floor.group) : Optional.empty(),
            losses.counts());
    if (!dryRun) {
      losses.note(stream, time);
      stream.removeBefore(end);
      stream.notes.sample(time, stream.added());
    }
    return report;
  }

  // Beyond the greatest length, or too old.
  private long unwanted() {
    EntryLog log = stream.log;
    long tooMany =
        limits.maxLength().isPresent() ? allBut(limits.maxLength().getAsLong()) : log.head();
    long tooOld = limits.maxAge().map(age -> before(age, 0)).orElse(log.head());
    return Math.max(tooMany, tooOld);
  }

  // Neither among the newest that are always kept, nor younger than the least age.
  private long notKept() {
    long older = limits.minAge().isZero() ? stream.log.tail() : before(limits.minAge(), 1);
    return Math.min(allBut(limits.minCount()), older);
  }

  /** The ordinal behind all but so many of the newest. */
  private long allBut(long newest) {
    return stream.log.behind(Math.max(0, stream.log.length() - newest));
  }

  /**
   * The ordinal of the first entry that is not older than an age; with one millisecond more, not
   * that old either.
   */
  private long before(Duration age, long more) {
    long millis;
    try {
      millis = Math.subtractExact(now, age.toMillis());
    } catch (ArithmeticException longerThanTime) {
      return stream.log.head();
    }
    return stream.log.firstFrom(EntryId.atTime(millis + more));
  }

  // The group that has read least; one that is declared and does not exist has read nothing.
  private Floor floor() {
    EntryLog log = stream.log;
    for (String declared : limits.declaredGroups()) {
      if (stream.group(declared) == null) {
        return new Floor(log.head(), declared);
      }
    }
    var least = new Floor(log.tail(), null);
    for (MemoryGroup group : stream.groups()) {
      long floor = Math.max(log.head(), group.floor());
      if (floor < least.ordinal) {
        least = new Floor(floor, group.name);
      }
    }
    return least;
  }

  private record Floor(long ordinal, @Nullable String group) {}
}
