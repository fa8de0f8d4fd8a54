package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Audit;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Sums under the locks of a stream and of the dead letters of the group. */
record MemoryAudit(MemoryBackend backend, Store store) implements Audit {
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
    return backend.perform("end audit", stream, () -> each(stream, group -> group.audit = null));
  }

  @Override
  public CompletionStage<List<String>> streams() {
    return backend.answer("list audits", "memory", this::audited);
  }

  private List<String> audited() {
    return store.names().stream()
        .filter(name -> store.find(name, MemoryAudit::isAudited, () -> false))
        .sorted()
        .toList();
  }

  private static boolean isAudited(MemoryStream stream) {
    return stream.groups().stream().anyMatch(group -> group.audit != null);
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
        (found, letters) -> {
          MemoryGroup group = found.group(name);
          return group == null ? List.of() : List.of(sum(group, letters.log.length(), begin));
        },
        List::of);
  }

  private static AuditSum sum(MemoryGroup group, long dead, boolean begin) {
    if (begin && group.audit == null) {
      group.audit = AuditTally.of(group, dead);
    }
    return AuditTally.sum(group, group.audit, dead);
  }
}
