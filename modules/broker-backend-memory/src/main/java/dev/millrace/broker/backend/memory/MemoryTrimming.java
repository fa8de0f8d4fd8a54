package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Trims streams from their oldest end; every bound is an ordinal. */
record MemoryTrimming(MemoryBackend backend, Store store) implements Trimming {
  @Override
  public CompletionStage<Report> trim(String name, Limits limits, boolean dryRun) {
    return backend.answer(
        "trim",
        name,
        () ->
            store.find(
                name,
                stream -> trim(stream, limits, dryRun),
                () -> new Report(0, false, 0, Optional.empty())));
  }

  private Report trim(MemoryStream stream, Limits limits, boolean dryRun) {
    EntryLog log = stream.log;
    long wanted = Math.min(unwanted(log, limits), notKept(log, limits));
    Floor floor = limits.unread() ? floor(stream, limits) : new Floor(wanted, null);
    long allowed = Math.min(wanted, floor.ordinal);
    long slice = Math.min(allowed, log.behind(Math.max(0, limits.slice())));
    long removed = log.count(log.head(), slice);
    boolean more = log.count(slice, allowed) > 0;
    long left = log.length() - removed;
    if (!dryRun) {
      stream.drop(slice);
    }
    return new Report(
        removed,
        more,
        left,
        floor.ordinal < wanted ? Optional.ofNullable(floor.group) : Optional.empty());
  }

  // Beyond the greatest length, or too old.
  private long unwanted(EntryLog log, Limits limits) {
    long tooMany =
        limits.maxLength().isPresent() ? allBut(log, limits.maxLength().getAsLong()) : log.head();
    long tooOld = limits.maxAge().map(age -> before(log, age, 0)).orElse(log.head());
    return Math.max(tooMany, tooOld);
  }

  // Neither among the newest that are always kept, nor younger than the least age.
  private long notKept(EntryLog log, Limits limits) {
    long older = limits.minAge().isZero() ? log.tail() : before(log, limits.minAge(), 1);
    return Math.min(allBut(log, limits.minCount()), older);
  }

  /** The ordinal behind all but so many of the newest. */
  private static long allBut(EntryLog log, long newest) {
    return log.behind(Math.max(0, log.length() - newest));
  }

  /**
   * The ordinal of the first entry that is not older than an age; with one millisecond more, not
   * that old either.
   */
  private long before(EntryLog log, Duration age, long more) {
    long millis;
    try {
      millis = Math.subtractExact(store.nowMillis(), age.toMillis());
    } catch (ArithmeticException longerThanTime) {
      return log.head();
    }
    return log.firstFrom(EntryId.atTime(millis + more));
  }

  // The group that has read least; one that is declared and does not exist has read nothing.
  private static Floor floor(MemoryStream stream, Limits limits) {
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
