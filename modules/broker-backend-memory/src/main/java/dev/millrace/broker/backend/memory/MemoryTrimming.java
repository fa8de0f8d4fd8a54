package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Trims streams of a store, and tells what retention has to know of them. */
record MemoryTrimming(MemoryBackend backend, Store store) implements Trimming {
  private static final Report NOTHING = new Report(0, false, 0, Optional.empty());
  private static final int MOST_COUNTED = 10_000;

  @Override
  public CompletionStage<Report> trim(String name, Limits limits, boolean dryRun) {
    return backend.answer(
        "trim",
        name,
        () -> {
          Optional<SideStream> side = SideStream.of(name).filter(each -> each.group().isPresent());
          if (side.isEmpty() || !store.find(name, stream -> true, () -> false)) {
            return alone(name, limits, dryRun);
          }
          String group = side.get().group().orElseThrow();
          // Under both locks, so that an audit sees each letter as dead or as expired.
          return store.findBoth(
              side.get().origin(),
              name,
              (origin, letters) -> expire(origin.group(group), letters, limits, dryRun),
              () -> alone(name, limits, dryRun));
        });
  }

  private Report alone(String name, Limits limits, boolean dryRun) {
    return store.find(name, stream -> Slice.of(stream, limits).trim(dryRun), () -> NOTHING);
  }

  private static Report expire(
      @Nullable MemoryGroup group, MemoryStream letters, Limits limits, boolean dryRun) {
    Report report = Slice.of(letters, limits).trim(dryRun);
    if (group != null && group.audit != null && !dryRun) {
      group.audit.expired(report.removed());
    }
    return report;
  }

  @Override
  public CompletionStage<Facts> inspect(String name, Set<String> declaredGroups) {
    return backend.answer(
        "inspect",
        name,
        () ->
            store.find(
                name,
                stream -> Inspection.of(stream, declaredGroups),
                () -> Inspection.absent(store.clock().now(), declaredGroups)));
  }

  @Override
  public CompletionStage<Counted> count(
      String name, Optional<Position> after, Position before, int most) {
    return backend.answer(
        "count",
        name,
        () -> {
          if (most < 1 || most > MOST_COUNTED) {
            throw refused("count", name, "most is " + most + "; it goes from 1 to " + MOST_COUNTED);
          }
          return store.find(
              name,
              stream -> count(stream.log, after, before, most),
              () -> new Counted(0, Optional.empty()));
        });
  }

  private static Counted count(EntryLog log, Optional<Position> after, Position before, int most) {
    long end = log.firstFrom(EntryId.parse("count", before.value()));
    long from =
        after
            .map(place -> log.firstFrom(EntryId.parse("count", place.value()).following()))
            .orElse(log.head());
    long until = Math.min(end, from + most);
    return new Counted(
        log.count(from, until),
        until < end ? Optional.of(log.get(until - 1).position) : Optional.empty());
  }

  @Override
  public CompletionStage<Memory> memory() {
    return backend.answer(
        "read memory",
        backend.name(),
        () -> new Memory(store.footprint().bytes(), store.footprint().limit()));
  }

  @Override
  public CompletionStage<Void> store(String name, Map<String, String> settings) {
    return backend.perform(
        "store settings",
        name,
        () ->
            store.with(
                name,
                stream -> {
                  stream.notes.store(settings);
                  return true;
                }));
  }

  @Override
  public CompletionStage<List<Drop>> drops(String name, int most) {
    return backend.answer(
        "list drops",
        name,
        () -> {
          if (most < 1) {
            throw refused("list drops", name, "most is " + most + "; it is 1 or more");
          }
          return store.find(name, stream -> stream.notes.drops(most), List::of);
        });
  }

  private static InvalidConfigException refused(String operation, String name, String fault) {
    return new InvalidConfigException(operation, name, List.of(fault));
  }
}
