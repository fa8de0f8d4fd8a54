package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.testkit.BackendFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** A named store under a clock that only the test moves. */
final class MemoryFixture implements BackendFixture {
  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-01-02T03:04:05Z"));
  private final String name = UUID.randomUUID().toString();
  private final UnaryOperator<Backend> limits;

  MemoryFixture() {
    this(UnaryOperator.identity());
  }

  MemoryFixture(UnaryOperator<Backend> limits) {
    this.limits = limits;
  }

  @Override
  public Backend open() {
    return limits.apply(MemoryBackend.open(name, Fixture.context(clock)));
  }

  @Override
  public void advance(Duration time) {
    clock.advance(time);
  }

  @Override
  public Instant now() {
    return clock.now();
  }

  @Override
  public Duration tick() {
    return Duration.ofSeconds(1);
  }

  @Override
  public void close() {}
}
