package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.Health;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import dev.millrace.broker.testkit.RecordingTelemetry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * One process's view of a store in memory, on a clock that stands still: it counts what it asks the
 * backend, and can be made to tell of settings, memory, drops and needs that the store has not.
 */
final class Rig implements Backend {
  final VirtualClock clock;
  final MemoryBackend store;
  final Map<String, Integer> asked = new ConcurrentSkipListMap<>();
  final List<Trimming.Limits> trims = new CopyOnWriteArrayList<>();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final AtomicInteger closed = new AtomicInteger();
  Map<String, String> settings = Map.of();
  Map<String, Long> drops = Map.of();
  Optional<String> pin = Optional.empty();
  Optional<Position> needed = Optional.empty();
  RuntimeException failure;
  RuntimeException memoryFailure;
  RuntimeException timersFailure;
  Duration trimTakes = Duration.ZERO;

  /** Is told how many slices there were, this one included, before it is trimmed. */
  IntConsumer onTrim = count -> {};

  /** Runs when the server's time is asked for. */
  Runnable onTime = () -> {};

  Duration serverAhead = Duration.ZERO;
  boolean coordinated = true;
  String holder = "";
  long used;
  OptionalLong limit = OptionalLong.empty();

  Rig(VirtualClock clock, String process) {
    this.clock = clock;
    this.store = MemoryBackend.open("cleaning", context(clock, process));
  }

  private static BackendContext context(VirtualClock clock, String process) {
    return new BackendContext("test", process, clock, Telemetry.none());
  }

  static VirtualClock clock() {
    return new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  }

  Cleaning cleaning() {
    Cleaning made = Cleaning.on(this, this::schedule, new Random(1), telemetry).orElseThrow();
    holder = made.holder;
    return made;
  }

  private BrokerClock.Cancellable schedule(Duration delay, Runnable task) {
    if (timersFailure != null) {
      throw timersFailure;
    }
    return clock.schedule(delay, task);
  }

  /** A running cleaner. */
  StreamCleaner start(StreamConfig.Builder stream) {
    return start(stream, cleaning());
  }

  StreamCleaner start(StreamConfig.Builder stream, Cleaning cleaning) {
    StreamConfig config = stream.build();
    var cleaner =
        new StreamCleaner("cleaner:" + config.name(), config, cleaning, closed::incrementAndGet);
    cleaner.start();
    return cleaner;
  }

  /** A history stream "s" without floors, looked at every minute. */
  static StreamConfig.Builder history() {
    return StreamConfig.builder("s")
        .history(true)
        .minRetentionTime(Duration.ZERO)
        .minRetentionCount(0)
        .cleanupInterval(Duration.ofMinutes(1));
  }

  void append(int entries) {
    List<Entry> batch =
        IntStream.range(0, entries)
            .mapToObj(i -> Entry.of(clock.nanoTime() + "-" + i, Fields.of("n", i)))
            .toList();
    store.log().append("s", batch, AppendGuard.none()).toCompletableFuture().join();
  }

  long length() {
    return store.log().describe("s").toCompletableFuture().join().length();
  }

  int asked(String what) {
    return asked.getOrDefault(what, 0);
  }

  int askedInAll() {
    return asked.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  public String name() {
    return store.name();
  }

  @Override
  public BackendContext context() {
    return store.context();
  }

  @Override
  public BackendFeatures features() {
    return store.features();
  }

  @Override
  public StreamLog log() {
    return counted(StreamLog.class, store.log(), this::described);
  }

  @Override
  public EventBus events() {
    return store.events();
  }

  @Override
  public CompletionStage<Health> health() {
    return store.health();
  }

  @Override
  public <F> Optional<F> facet(Class<F> facet) {
    if (facet == Trimming.class) {
      return Optional.of(facet.cast(trimming()));
    }
    if (facet == ServerClock.class) {
      return Optional.of(facet.cast(serverClock()));
    }
    return facet == Coordination.class && !coordinated
        ? Optional.empty()
        : store.facet(facet).map(found -> counted(facet, found, answer -> answer));
  }

  @Override
  public void close() {
    store.close();
  }

  private Object described(Object answer) {
    return answer instanceof CompletionStage<?> stage
        ? stage.thenApply(
            result ->
                result instanceof StreamState state
                    ? new StreamState(
                        state.name(),
                        state.exists(),
                        state.length(),
                        state.first(),
                        state.last(),
                        state.groups(),
                        settings)
                    : result)
        : answer;
  }

  private interface Changing {
    Object change(Object answer);
  }

  private <F> F counted(Class<F> type, F whole, Changing changing) {
    return type.cast(
        Proxy.newProxyInstance(
            Rig.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> {
              asked.merge(method.getName(), 1, Integer::sum);
              try {
                return changing.change(method.invoke(whole, args));
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            }));
  }

  private ServerClock serverClock() {
    return () -> {
      asked.merge("now", 1, Integer::sum);
      onTime.run();
      return CompletableFuture.completedFuture(clock.now().plus(serverAhead));
    };
  }

  private Trimming trimming() {
    Trimming whole = store.facet(Trimming.class).orElseThrow();
    return new Trimming() {
      @Override
      public CompletionStage<Report> trim(String stream, Limits limits, boolean dryRun) {
        asked.merge("trim", 1, Integer::sum);
        trims.add(limits);
        onTrim.accept(trims.size());
        if (failure != null) {
          throw failure;
        }
        clock.advance(trimTakes);
        return whole
            .trim(stream, limits, dryRun)
            .thenApply(
                done ->
                    new Report(
                        done.removed(),
                        done.more(),
                        done.length(),
                        pin.or(done::pinnedBy),
                        done.removed() > 0 ? drops : Map.of()));
      }

      @Override
      public CompletionStage<Counted> count(
          String stream, Optional<Position> after, Position before, int most) {
        throw new UnsupportedOperationException("a cleaner does not count");
      }

      @Override
      public CompletionStage<Void> store(String stream, Map<String, String> settings) {
        throw new UnsupportedOperationException("a cleaner stores nothing");
      }

      @Override
      public CompletionStage<List<Drop>> drops(String stream, int most) {
        throw new UnsupportedOperationException("a cleaner does not list drops");
      }

      @Override
      public CompletionStage<Facts> inspect(String stream, Set<String> declared) {
        asked.merge("inspect", 1, Integer::sum);
        var need =
            new Need(
                pin.orElse("billing"),
                Need.Kind.PENDING,
                needed.map(at -> new Mark(at, clock.now())),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1);
        return CompletableFuture.completedFuture(
            new Facts(
                true,
                clock.now(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                List.of(need),
                List.of()));
      }

      @Override
      public CompletionStage<Memory> memory() {
        asked.merge("memory", 1, Integer::sum);
        if (memoryFailure != null) {
          return CompletableFuture.failedFuture(memoryFailure);
        }
        return CompletableFuture.completedFuture(new Memory(used, limit));
      }
    };
  }
}
