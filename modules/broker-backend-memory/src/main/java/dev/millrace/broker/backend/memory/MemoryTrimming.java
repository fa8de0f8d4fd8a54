package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Trims streams from their oldest end; every bound is a number of entries counted from there. */
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
    long allowed = Math.min(wanted, floor.entries);
    long removed = Math.min(allowed, Math.max(0, limits.slice()));
    if (!dryRun) {
      stream.removeBefore(log.head() + removed);
    }
    return new Report(
        removed,
        allowed > removed,
        dryRun ? log.length() - removed : log.length(),
        floor.entries < wanted ? Optional.ofNullable(floor.group) : Optional.empty());
  }

  // Beyond the greatest length, or too old.
  private long unwanted(EntryLog log, Limits limits) {
    long tooMany =
        limits.maxLength().isPresent()
            ? Math.max(0, log.length() - limits.maxLength().getAsLong())
            : 0;
    long tooOld = limits.maxAge().map(age -> before(log, age, 0)).orElse(0L);
    return Math.max(tooMany, tooOld);
  }

  // Neither among the newest that are always kept, nor younger than the least age.
  private long notKept(EntryLog log, Limits limits) {
    long older = limits.minAge().isZero() ? log.length() : before(log, limits.minAge(), 1);
    return Math.min(Math.max(0, log.length() - limits.minCount()), older);
  }

  /** How many entries are older than an age; with one millisecond more, that old or older. */
  private long before(EntryLog log, Duration age, long more) {
    long millis;
    try {
      millis = Math.subtractExact(store.nowMillis(), age.toMillis());
    } catch (ArithmeticException longerThanTime) {
      return 0;
    }
    return log.firstFrom(EntryId.atTime(millis + more)) - log.head();
  }

  // The group that has read least; one that is declared and does not exist has read nothing.
  private static Floor floor(MemoryStream stream, Limits limits) {
    EntryLog log = stream.log;
    for (String declared : limits.declaredGroups()) {
      if (stream.group(declared) == null) {
        return new Floor(0, declared);
      }
    }
    var least = new Floor(log.length(), null);
    for (MemoryGroup group : stream.groups()) {
      long done = Math.max(0, group.floor() - log.head());
      if (done < least.entries) {
        least = new Floor(done, group.name);
      }
    }
    return least;
  }

  private record Floor(long entries, @Nullable String group) {}
}
