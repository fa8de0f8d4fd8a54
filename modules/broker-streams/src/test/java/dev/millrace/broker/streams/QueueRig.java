package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import dev.millrace.broker.codec.jackson.JacksonCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One stream on a backend with faults, under a clock that a test moves, and its producers. */
final class QueueRig implements AutoCloseable {
  static final String STREAM = "orders";
  static final BackendUnavailableException AWAY =
      new BackendUnavailableException("send", STREAM, "nobody is there", null);

  final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  final MemoryBackend memory =
      MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
  final LossyBackend backend = new LossyBackend(memory);
  private final List<Producer> producers = new ArrayList<>();
  private final Map<String, StreamConfig> configs = new ConcurrentHashMap<>();
  private final List<BackupQueues> queues = new ArrayList<>();
  private final GroupReader reader;
  private final AtomicInteger seeds = new AtomicInteger();

  QueueRig() {
    memory.log().declare(new StreamSpec(STREAM, Set.of("g"))).toCompletableFuture().join();
    var spec =
        new ReaderSpec(
            "r", StartPosition.beginning(), 100, Duration.ofSeconds(1), Duration.ofHours(9), false);
    reader = memory.log().open(new GroupRef(STREAM, "g"), spec, new Acking());
  }

  private final class Acking implements Sink {
    @Override
    public void deliver(List<Received> batch) {
      reader.settle(batch.stream().<Settlement>map(Settlement.Ack::new).toList());
    }

    @Override
    public void recreated(Position from) {}

    @Override
    public void failed(Throwable error) {
      throw new AssertionError(error);
    }
  }

  static BackendException refusal(String code) {
    return new BackendException("send", STREAM, code, code + " it is", "Wait", null);
  }

  static StreamConfig config(UnaryOperator<StreamConfig.Builder> more) {
    return more.apply(StreamConfig.builder(STREAM).groups("g")).build();
  }

  StreamsContext process(Backend on) {
    return new StreamsContext(
        on,
        new JacksonCodec(),
        clock,
        new Random(7 + seeds.getAndIncrement()),
        Telemetry.none(),
        1 << 20,
        Duration.ZERO,
        Duration.ofSeconds(5));
  }

  Producer simple(Backend on, StreamConfig config) {
    Producer producer = Producers.simple("p", config, process(on), () -> {});
    producers.add(producer);
    producer.start();
    return producer;
  }

  BackupQueues process(JournalConfig journal, StreamsContext context) {
    var all =
        new BackupQueues(context, journal, stream -> Optional.ofNullable(configs.get(stream)));
    queues.add(all);
    return all;
  }

  BackupProducer backup(StreamConfig config, JournalConfig journal) {
    StreamsContext context = process(backend);
    return backup(config, context, process(journal, context));
  }

  BackupProducer backup(StreamConfig config, StreamsContext context, BackupQueues all) {
    configs.put(config.name(), config);
    BackupProducer producer = Producers.backup("p", config, context, all, () -> {});
    producers.add(producer);
    producer.start();
    return producer;
  }

  /** The process that was made last goes away. */
  void closeLast() {
    queues.removeLast().close();
  }

  static CompletableFuture<SendResult> send(Producer producer, int n) {
    return producer.sendAsync(Fields.of("n", n));
  }

  static List<CompletableFuture<SendResult>> sendAll(Producer producer, int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(n -> send(producer, n)).toList();
  }

  /** What consumers have acknowledged so many messages. */
  void consume(int messages) {
    long before = unsettled();
    reader.request(messages);
    await().until(() -> unsettled() <= Math.max(0, before - messages));
  }

  /** Consumers go on until so many have come to the stream and been acknowledged. */
  void consumeAll(int total) {
    until(
        () -> {
          if (unsettled() > 0) {
            reader.request(50);
          }
          return unsettled() == 0 && stored(STREAM).size() >= total;
        });
  }

  long unsettled() {
    return memory.log().describe(STREAM).toCompletableFuture().join().groups().stream()
        .mapToLong(group -> group.pending() + group.lag().orElse(0))
        .max()
        .orElse(0);
  }

  List<String> stored(String stream) {
    return memory
        .facet(History.class)
        .orElseThrow()
        .scan(stream, Optional.empty(), 100_000)
        .toCompletableFuture()
        .join()
        .stream()
        .map(recorded -> recorded.entry().fields().text("n"))
        .toList();
  }

  /** All there is, in the stream and behind it in its backup. */
  List<String> stored() {
    return Stream.concat(stored(STREAM).stream(), stored("{orders}:backup").stream()).toList();
  }

  static List<String> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(String::valueOf).toList();
  }

  /** Changes settings of the stream's retention as another process would. */
  void change(Map<String, String> settings) {
    memory.facet(Trimming.class).orElseThrow().store(STREAM, settings).toCompletableFuture().join();
  }

  void pass(Duration time) {
    for (long left = time.toMillis(); left > 0; left -= 50) {
      clock.advance(Duration.ofMillis(Math.min(50, left)));
    }
  }

  /** Lets time pass until something is so. */
  void until(Callable<Boolean> so) {
    await()
        .pollInterval(Duration.ofMillis(2))
        .until(
            () -> {
              clock.advance(Duration.ofMillis(20));
              return so.call();
            });
  }

  void until(List<? extends CompletableFuture<?>> sent) {
    until(() -> sent.stream().allMatch(CompletableFuture::isDone));
  }

  static long count(Producer producer, String what) {
    return producer.info().counts().get(what);
  }

  @Override
  public void close() {
    backend.refusal = null;
    producers.forEach(Producer::close);
    queues.forEach(BackupQueues::close);
    memory.close();
  }
}
