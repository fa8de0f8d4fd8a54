package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.StreamState;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Sums under the locks of a stream and of the dead letters of the group. */
record MemoryAudit(MemoryBackend backend, Store store) implements Audit {
  /**
   * Where a group stood when its audit began.
   *
   * @param added how many entries the stream had ever had
   * @param held what the group had in hand
   * @param done what it had acknowledged
   */
  record Base(long added, long held, long done) {}

  @Override
  public CompletionStage<List<AuditSum>> begin(String stream) {
    return backend.answer("begin audit", stream, () -> all(stream, true));
  }

  @Override
  public CompletionStage<List<AuditSum>> take(String stream) {
    return backend.answer("take audit", stream, () -> all(stream, false));
  }

  @Override
  public CompletionStage<Void> end(String stream) {
    return backend.perform("end audit", stream, () -> each(stream, group -> group.base = null));
  }

  private List<AuditSum> all(String stream, boolean begin) {
    return store.find(stream, MemoryAudit::names, List::<String>of).stream()
        .flatMap(group -> one(stream, group, begin).stream())
        .toList();
  }

  private static List<String> names(MemoryStream stream) {
    return stream.groups().stream().map(group -> group.name).sorted().toList();
  }

  private void each(String stream, Consumer<MemoryGroup> action) {
    store.find(
        stream,
        found -> {
          found.groups().forEach(action);
          return true;
        },
        () -> false);
  }

  private List<AuditSum> one(String stream, String name, boolean begin) {
    return store.findBoth(
        stream,
        Names.deadLetter(stream, name),
        (found, dead) -> {
          MemoryGroup group = found.group(name);
          return group == null ? List.of() : List.of(sum(found, group, dead.log.length(), begin));
        },
        List::of);
  }

  private static AuditSum sum(MemoryStream stream, MemoryGroup group, long dead, boolean begin) {
    StreamState.Group state = group.describe();
    long waiting = state.lag().orElseThrow();
    long held = dead + waiting + state.pending() + state.parked();
    if (begin && group.base == null) {
      group.base = new Base(stream.log.tail(), held, group.done);
    }
    Base base = group.base;
    boolean exact = base != null;
    return new AuditSum(
        group.name,
        exact,
        base == null ? held : base.held() + stream.log.tail() - base.added(),
        base == null ? 0 : group.done - base.done(),
        dead,
        waiting,
        state.pending(),
        state.parked());
  }
}
