package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Schedules;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** Sets of entries that become due, as one backend sees them. */
record MemorySchedules(MemoryBackend backend, Store store) implements Schedules {
  @Override
  public CompletionStage<Void> put(String set, String id, Instant due, Entry entry) {
    return backend.perform("schedule", set, () -> store.scheduled().put(set, id, due, entry));
  }

  @Override
  public CompletionStage<Boolean> cancel(String set, String id) {
    return backend.answer("cancel", set, () -> store.scheduled().cancel(set, id));
  }

  @Override
  public CompletionStage<Integer> moveDue(String set, String stream, int max) {
    return backend.answer("move due", set, () -> store.scheduled().moveDue(set, stream, max));
  }
}
