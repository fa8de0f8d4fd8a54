package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import dev.millrace.broker.codec.jackson.JacksonCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** A memory backend under a virtual clock, and processes on it that may have faults. */
final class Rig implements AutoCloseable {
  static final Duration LEASE = Duration.ofSeconds(30);
  static final String STREAM = "s";
  static final String DEAD = "{s}:dead:g";

  final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  final MemoryBackend memory =
      MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
  private final List<Consumer> consumers = new ArrayList<>();

  /** What one process has: its own view of the backend, and its own company. */
  StreamsContext process(Backend backend) {
    return new StreamsContext(
        backend,
        new JacksonCodec(),
        clock,
        new Random(7),
        Telemetry.none(),
        1 << 20,
        Duration.ZERO,
        Duration.ofSeconds(5));
  }

  StreamsContext process() {
    return process(memory);
  }

  static ConsumerConfig config(String name, UnaryOperator<ConsumerConfig.Builder> more) {
    return more.apply(
            ConsumerConfig.builder(STREAM)
                .group("g")
                .consumerName(name)
                .lease(LEASE)
                .retry(RetryPolicy.builder().jitter(0).build()))
        .build();
  }

  Consumer start(
      StreamsContext process,
      String name,
      UnaryOperator<ConsumerConfig.Builder> more,
      OutcomeHandler<? super Message> handler) {
    return start(Consumers.create(name, config(name, more), handler, process, () -> {}));
  }

  Consumer start(Consumer consumer) {
    consumers.add(consumer);
    consumer.start();
    return consumer;
  }

  /** Sends messages with the ids {@code m0}, {@code m1}, … */
  void send(int count) {
    List<Entry> entries =
        IntStream.range(0, count).mapToObj(i -> Entry.of("m" + i, Fields.of("n", i))).toList();
    get(memory.log().append(STREAM, entries, dev.millrace.broker.api.spi.AppendGuard.none()));
  }

  /** Another member of the group, which takes what it asks for and does nothing with it. */
  GroupReader read(List<Received> into) {
    var spec =
        new ReaderSpec("raw", StartPosition.beginning(), 10, Duration.ofSeconds(1), LEASE, false);
    return memory
        .log()
        .open(
            new GroupRef(STREAM, "g"),
            spec,
            new Sink() {
              @Override
              public void deliver(List<Received> batch) {
                into.addAll(batch);
              }

              @Override
              public void recreated(Position from) {}

              @Override
              public void failed(Throwable error) {
                throw new AssertionError(error);
              }
            });
  }

  StreamState state() {
    return get(memory.log().describe(STREAM));
  }

  long unsettled() {
    StreamState.Group group = state().groups().getFirst();
    return group.pending() + group.parked() + group.lag().orElse(0);
  }

  List<Entry> deadLetters() {
    return get(memory.facet(History.class).orElseThrow().scan(DEAD, Optional.empty(), 1_000))
        .stream()
        .map(History.Recorded::entry)
        .toList();
  }

  Entry deadLetter() {
    await("the dead letter").until(() -> deadLetters().size() == 1);
    return deadLetters().getFirst();
  }

  static <T> T get(java.util.concurrent.CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  static long count(Component component, String what) {
    return component.info().counts().get(what);
  }

  static void awaitCount(Component component, String what, long least) {
    await(what).until(() -> count(component, what) >= least);
  }

  @Override
  public void close() {
    consumers.forEach(Consumer::close);
    memory.close();
  }
}
