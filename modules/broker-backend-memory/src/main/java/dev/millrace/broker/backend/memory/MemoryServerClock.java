package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.ServerClock;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** The clock that a store goes by. */
record MemoryServerClock(MemoryBackend backend, Store store) implements ServerClock {
  @Override
  public CompletionStage<Instant> now() {
    return backend.answer("read clock", backend.name(), () -> store.clock().now());
  }
}
