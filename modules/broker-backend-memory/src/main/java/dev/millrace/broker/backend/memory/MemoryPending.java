package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Lists what is not settled; what was released and waits is listed under its last owner. */
record MemoryPending(MemoryBackend backend, Store store) implements Pending {
  @Override
  public CompletionStage<List<Info>> list(GroupRef ref, Optional<Position> after, int max) {
    return backend.answer(
        "list pending",
        ref.stream(),
        () ->
            store.find(
                ref.stream(),
                stream -> {
                  MemoryGroup group = stream.group(ref.group());
                  return group == null ? List.of() : list(group, after, max);
                },
                List::of));
  }

  private static List<Info> list(MemoryGroup group, Optional<Position> after, int max) {
    EntryId from =
        after
            .map(position -> EntryId.parse("list pending", position.value()).following())
            .orElse(EntryId.ZERO);
    long now = group.stream.store.clock().nanoTime();
    var found = new ArrayList<Info>();
    for (Held held : group.pendingFrom(from)) {
      if (found.size() >= max) {
        break;
      }
      found.add(
          new Info(
              held.stored.position,
              held.owner == null ? "" : held.owner.consumer,
              Duration.ofNanos(now - held.since),
              held.deliveries));
    }
    return found;
  }
}
