package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Coordination;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** The agreement of a store, as one backend sees it. */
record MemoryCoordination(MemoryBackend backend, Agreement agreement) implements Coordination {
  @Override
  public CompletionStage<Optional<Lease>> acquire(String name, String holder, Duration length) {
    return backend.answer("acquire lease", name, () -> agreement.acquire(name, holder, length));
  }

  @Override
  public CompletionStage<Void> release(String name, String holder) {
    return backend.perform("release lease", name, () -> agreement.release(name, holder));
  }

  @Override
  public CompletionStage<Void> heartbeat(String group, String member, Duration length) {
    return backend.perform("heartbeat", group, () -> agreement.heartbeat(group, member, length));
  }

  @Override
  public CompletionStage<Set<String>> members(String group) {
    return backend.answer("list members", group, () -> agreement.members(group));
  }

  @Override
  public CompletionStage<Optional<byte[]>> get(String name) {
    return backend.answer("get value", name, () -> agreement.get(name));
  }

  @Override
  public CompletionStage<Boolean> compareAndSet(
      String name, Optional<byte[]> expected, byte[] value) {
    return backend.answer("set value", name, () -> agreement.compareAndSet(name, expected, value));
  }
}
