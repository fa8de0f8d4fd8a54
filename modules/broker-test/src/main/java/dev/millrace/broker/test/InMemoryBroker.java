package dev.millrace.broker.test;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.InstanceNames;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A broker on a memory backend of its own, under a virtual clock: leases, delays and backoffs pass
 * when the test says so and take no time. Thread-safe.
 *
 * {@snippet :
 * try (var test = InMemoryBroker.create()) {
 *   test.broker().onTask("NEW_ORDER", Order.class, shop::process);
 *   test.broker().enqueue("NEW_ORDER", new Order("ORD-1"));
 *   test.awaitIdle("tasks");
 * }
 * }
 */
public final class InMemoryBroker implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long LOOK_NANOS = Duration.ofMillis(2).toNanos();
  private static final int PAGE = 1_000;

  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final MemoryBackend backend;
  private final Broker broker;

  private InMemoryBroker(Consumer<BrokerConfig.Builder> settings) {
    backend =
        MemoryBackend.open(
            new BackendContext("test", InstanceNames.unique(), clock, Telemetry.none()));
    broker = Broker.on(backend, settings);
  }

  /** With the defaults of {@link BrokerConfig}. */
  public static InMemoryBroker create() {
    return create(settings -> {});
  }

  /**
   * With settings.
   *
   * @param settings is given a builder with the defaults
   * @throws dev.millrace.broker.api.InvalidConfigException if a setting is wrong; all faults at
   *     once
   */
  public static InMemoryBroker create(Consumer<BrokerConfig.Builder> settings) {
    return new InMemoryBroker(settings);
  }

  /** The broker. */
  public Broker broker() {
    return broker;
  }

  /** Its registry of producers and consumers. */
  public StreamManager streams() {
    return broker.streams();
  }

  /** The backend, for further brokers on the same data. */
  public Backend backend() {
    return backend;
  }

  /** The clock of the backend and of everything on it. */
  public VirtualClock clock() {
    return clock;
  }

  /** Lets time pass. What becomes due begins at once, on threads of its own. */
  public void advance(Duration time) {
    clock.advance(time);
  }

  /**
   * Waits until every group of a stream has acknowledged every entry. It waits in real time, at
   * most 10 s, and does not move the clock: what waits for a backoff is not idle.
   *
   * @throws AssertionError if that does not come; it tells what is left
   */
  public void awaitIdle(String stream) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    StreamState state = describe(stream);
    while (!idle(state)) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError(
            "stream '" + stream + "' is not idle after " + PATIENCE.toSeconds() + " s: " + state);
      }
      LockSupport.parkNanos(LOOK_NANOS);
      state = describe(stream);
    }
  }

  private StreamState describe(String stream) {
    return await(backend.log().describe(stream));
  }

  private static boolean idle(StreamState state) {
    return state.groups().stream()
        .allMatch(group -> group.pending() == 0 && group.lag().orElse(0) == 0);
  }

  /** All entries of a stream, acknowledged ones and dead letters included, oldest first. */
  public List<Entry> entries(String stream) {
    History history = backend.facet(History.class).orElseThrow();
    return await(history.scan(stream, Optional.empty(), PAGE)).stream()
        .map(History.Recorded::entry)
        .toList();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  /** Closes the broker, as {@link Broker#close()} does, and the backend. */
  @Override
  public void close() {
    try (backend) {
      broker.close();
    }
  }
}
