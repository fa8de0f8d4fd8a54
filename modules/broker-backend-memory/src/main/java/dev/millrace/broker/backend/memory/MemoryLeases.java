package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Renews what readers hold. */
record MemoryLeases(MemoryBackend backend, Store store) implements Leases {
  @Override
  public CompletionStage<Set<Position>> renew(
      GroupRef ref, Collection<Received> held, Duration lease) {
    return backend.answer(
        "renew leases",
        ref.stream(),
        () ->
            store.find(
                ref.stream(),
                stream -> {
                  MemoryGroup group = stream.group(ref.group());
                  return group == null ? Set.of() : renew(group, held, Nanos.of(lease));
                },
                Set::of));
  }

  @Override
  public CompletionStage<Boolean> note(GroupRef ref, Received held, String note) {
    return backend.answer(
        "note",
        ref.stream(),
        () ->
            store.find(
                ref.stream(),
                stream -> {
                  MemoryGroup group = stream.group(ref.group());
                  return group != null && note(group, held, note);
                },
                () -> false));
  }

  private static boolean note(MemoryGroup group, Received received, String note) {
    if (received.receipt() instanceof Receipt receipt && receipt.valid(group)) {
      receipt.held().note(note);
      return true;
    }
    return false;
  }

  private static Set<Position> renew(MemoryGroup group, Collection<Received> held, long nanos) {
    var renewed = new LinkedHashSet<Position>();
    for (Received received : held) {
      if (received.receipt() instanceof Receipt receipt && receipt.valid(group)) {
        group.renew(receipt.held(), nanos);
        renewed.add(received.position());
      }
    }
    return renewed;
  }
}
