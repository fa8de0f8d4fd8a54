package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The streams of a store, as one backend sees them. */
final class MemoryStreamLog implements StreamLog {
  private final MemoryBackend backend;
  private final Store store;

  MemoryStreamLog(MemoryBackend backend, Store store) {
    this.backend = backend;
    this.store = store;
  }

  @Override
  public CompletionStage<StreamState> declare(StreamSpec spec) {
    return backend.answer(
        "declare",
        spec.name(),
        () ->
            store.with(
                spec.name(),
                stream -> {
                  spec.groups().stream()
                      .sorted()
                      .forEach(group -> stream.group(group, StartPosition.beginning()));
                  return stream.describe();
                }));
  }

  @Override
  public CompletionStage<StreamState> describe(String name) {
    return backend.answer(
        "describe", name, () -> store.find(name, MemoryStream::describe, () -> absent(name)));
  }

  @Override
  public CompletionStage<Void> delete(String stream) {
    return backend.perform("delete", stream, () -> store.delete(stream));
  }

  @Override
  public CompletionStage<Boolean> removeGroup(GroupRef group, boolean lastTakesStream) {
    return backend.answer(
        "remove group",
        group.stream(),
        () -> {
          boolean removed =
              store.find(group.stream(), stream -> stream.removeGroup(group.group()), () -> false);
          if (lastTakesStream) {
            store.deleteIf(group.stream(), stream -> stream.groups().isEmpty());
          }
          return removed;
        });
  }

  @Override
  public CompletionStage<List<Appended>> append(
      String name, List<Entry> entries, AppendGuard guard) {
    return backend.answer(
        "append",
        name,
        () -> {
          if (!backend.features().offers(guard.durability())) {
            throw new UnsupportedByBackendException(
                "append",
                name,
                "this durability",
                BackendFeatures.levelOf(guard.durability()).name(),
                backend.name());
          }
          if (guard.dedup() instanceof Dedup.BySequence bySequence) {
            entries.forEach(bySequence::sequenceOf);
          }
          if (guard.backup().isEmpty()) {
            return store.with(name, stream -> append(stream, null, entries, guard));
          }
          String backup = guard.backup().get();
          MemoryMover.refuseItself(name, backup);
          return store.withBoth(
              name, backup, (stream, second) -> append(stream, second, entries, guard));
        });
  }

  private List<Appended> append(
      MemoryStream stream, @Nullable MemoryStream backup, List<Entry> entries, AppendGuard guard) {
    return new MemoryAppend(stream, backup, guard, store.nowMillis()).run(entries);
  }

  @Override
  public GroupReader open(GroupRef group, ReaderSpec spec, Sink sink) {
    backend.checkOpen("open a reader", group.stream());
    return backend.enter(
        store.with(
            group.stream(),
            stream -> {
              MemoryGroup known = stream.group(group.group(), spec.start());
              var member = new Member(known, spec, sink, backend.executor());
              known.members.add(member);
              return member;
            }));
  }

  private static StreamState absent(String name) {
    return new StreamState(name, false, 0, Optional.empty(), Optional.empty(), List.of());
  }
}
