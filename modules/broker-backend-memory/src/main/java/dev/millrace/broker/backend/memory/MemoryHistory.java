package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Reads streams without a group. */
record MemoryHistory(MemoryBackend backend, Store store) implements History {
  @Override
  public CompletionStage<List<Recorded>> scan(String name, Optional<Position> after, int max) {
    return backend.answer(
        "scan", name, () -> store.find(name, stream -> scan(stream, after, max), List::of));
  }

  @Override
  public CompletionStage<List<Recorded>> scan(String name, Position after, Position upTo, int max) {
    return backend.answer(
        "scan",
        name,
        () ->
            store.find(
                name,
                stream -> collect(stream, behind(stream, after), behind(stream, upTo), max),
                List::of));
  }

  @Override
  public CompletionStage<Position> place(String name, StartPosition start) {
    return backend.answer(
        "place",
        name,
        () ->
            switch (start) {
              case StartPosition.Beginning beginning -> EntryId.ZERO.position();
              case StartPosition.Latest latest ->
                  store.find(name, stream -> stream.last().position(), EntryId.ZERO::position);
              case StartPosition.After after -> EntryId.parse("place", after.position()).position();
              case StartPosition.At at -> EntryId.beforeTime(at.time().toEpochMilli()).position();
            });
  }

  private static long behind(MemoryStream stream, Position position) {
    return stream.log.firstFrom(EntryId.parse("scan", position.value()).following());
  }

  @Override
  public CompletionStage<Void> reset(GroupRef ref, StartPosition to) {
    return backend.perform(
        "reset group",
        ref.stream(),
        () -> {
          boolean done = store.find(ref.stream(), stream -> reset(stream, ref, to), () -> false);
          if (!done) {
            throw noGroup(ref);
          }
        });
  }

  private static List<Recorded> scan(MemoryStream stream, Optional<Position> after, int max) {
    long from = after.map(position -> behind(stream, position)).orElse(stream.log.head());
    return collect(stream, from, stream.log.tail(), max);
  }

  private static List<Recorded> collect(MemoryStream stream, long from, long to, int max) {
    var found = new ArrayList<Recorded>();
    for (long i = from; i < to && found.size() < max; i++) {
      Stored stored = stream.log.get(i);
      if (!stored.removed) {
        found.add(new Recorded(stored.position, stored.entry));
      }
    }
    return found;
  }

  private static boolean reset(MemoryStream stream, GroupRef ref, StartPosition to) {
    MemoryGroup group = stream.group(ref.group());
    if (group != null) {
      stream.reset(group, to);
    }
    return group != null;
  }

  private static BackendException noGroup(GroupRef ref) {
    return new BackendException(
        "reset group",
        ref.stream(),
        "NOGROUP",
        "there is no group '" + ref.group() + "'",
        "Check the names; a group is made by declaring it or by its first consumer",
        null);
  }
}
