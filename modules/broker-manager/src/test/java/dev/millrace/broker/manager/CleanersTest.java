package dev.millrace.broker.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which streams have a cleaner, and for how long. */
class CleanersTest {
  private static final String DEAD = "{orders}:dead:billing";

  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final MemoryBackend backend = backend("one");
  private final StreamManager manager = on(BrokerConfig.builder());

  @AfterEach
  void close() {
    manager.close();
    backend.close();
  }

  private MemoryBackend backend(String process) {
    return MemoryBackend.open(
        "cleaners", new BackendContext("test", process, clock, Telemetry.none()));
  }

  private StreamManager on(BrokerConfig.Builder config) {
    return StreamManager.on(backend, config.build());
  }

  private static void consumer(StreamManager manager, String name) {
    manager.createConsumer(
        name, ConsumerConfig.builder("orders").group("billing").build(), (Message message) -> {});
  }

  private boolean cleaned(String stream) {
    return manager.find("cleaner:" + stream).isPresent();
  }

  private void append(String stream, int entries) {
    long now = clock.nanoTime();
    backend
        .log()
        .append(
            stream,
            IntStream.range(0, entries)
                .mapToObj(i -> Entry.of(now + "-" + i, Fields.of("n", i)))
                .toList(),
            AppendGuard.none())
        .toCompletableFuture()
        .join();
  }

  private long length(String stream) {
    return backend.log().describe(stream).toCompletableFuture().join().length();
  }

  @Test
  void aConsumersDeadLettersAreCleanedAsLongAsThereIsOne() {
    consumer(manager, "a");
    consumer(manager, "b");
    assertTrue(cleaned(DEAD));
    assertFalse(cleaned("orders"), "a consumer says nothing of how its stream is kept");
    manager.removeConsumer("a");
    assertTrue(cleaned(DEAD));
    manager.removeConsumer("b");
    assertFalse(cleaned(DEAD));
  }

  @Test
  void deadLettersGoAfterThirtyDaysButForTheLastHundred() {
    consumer(manager, "a");
    append(DEAD, 500);
    clock.advance(Duration.ofDays(29));
    assertEquals(500, length(DEAD));
    clock.advance(Duration.ofDays(2));
    assertEquals(100, length(DEAD));
  }

  @Test
  void noMoreThanAHundredThousandDeadLettersAreKept() {
    consumer(manager, "a");
    append(DEAD, 120_000);
    clock.advance(Duration.ofHours(1));
    assertEquals(100_000, length(DEAD));
  }

  @Test
  void aPatternChangesWhatDeadLettersAreKept() {
    try (var other =
        on(
            BrokerConfig.builder()
                .retention(
                    "{orders}:dead:*",
                    RetentionPolicy.builder().maxAge(Duration.ofHours(2)).build())
                .retention(
                    "*:dead:*",
                    RetentionPolicy.builder()
                        .maxAge(Duration.ofDays(365))
                        .minRetentionCount(7)
                        .build()))) {
      consumer(other, "a");
      append(DEAD, 500);
      clock.advance(Duration.ofMinutes(110));
      assertEquals(500, length(DEAD));
      clock.advance(Duration.ofMinutes(20));
      assertEquals(7, length(DEAD));
    }
  }

  @Test
  void aStreamOfDeadLettersThatIsUsedAsAStreamIsKeptAsThatSays() {
    append(DEAD, 500);
    consumer(manager, "a");
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder(DEAD)
            .maxLength(300)
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(0)
            .build());
    clock.advance(Duration.ofMinutes(20));
    assertEquals(300, length(DEAD));
    manager.removeProducer("p");
    append(DEAD, 500);
    clock.advance(Duration.ofHours(5));
    assertEquals(800, length(DEAD), "the defaults for dead letters hold again");
    manager.removeConsumer("a");
    assertFalse(cleaned(DEAD));
  }

  @Test
  void whatIsInForceForDeadLettersOfANameOfOnesOwnIsTold() {
    var config = ConsumerConfig.builder("orders").deadLetter("graveyard").build();
    manager.createConsumer("a", config, (Message message) -> {});
    assertTrue(cleaned("graveyard"));
    assertEquals(100_000, manager.retention("graveyard").maxLength());
    assertEquals(Duration.ofDays(30), manager.retention("graveyard").maxAge().orElseThrow());
    manager.removeConsumer("a");
    assertEquals(1_000_000, manager.retention("graveyard").maxLength());
  }

  @Test
  void anExplanationTellsWhetherTheCleanerHereIsInCharge() {
    manager.createSimpleProducer("p", "s");
    append("s", 5);
    assertFalse(manager.explainRetention("s").cleanedHere());
    clock.advance(Duration.ofMinutes(2));
    assertTrue(manager.explainRetention("s").cleanedHere());
  }

  @Test
  void theCleanerOfAStreamOutlivesTheConsumerWhoseDeadLettersItTakes() {
    consumer(manager, "a");
    manager.createSimpleProducer("p", DEAD);
    manager.removeConsumer("a");
    assertTrue(cleaned(DEAD));
    manager.removeProducer("p");
    assertFalse(cleaned(DEAD));
  }

  @Test
  void aBackupIsNeverTrimmed() {
    String backup = "{orders}:backup";
    append(backup, 500);
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder(backup)
            .history(true)
            .maxLength(10)
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(0)
            .build());
    assertFalse(cleaned(backup));
    clock.advance(Duration.ofDays(1));
    assertEquals(500, length(backup));
  }

  @Test
  void ofTwoManagersOneCleansAndTheOtherTakesOverAtOnceWhenItStops() {
    var config =
        StreamConfig.builder("s")
            .maxLength(10)
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(0)
            .build();
    manager.createSimpleProducer("p", config);
    clock.advance(Duration.ofMinutes(2));
    var second = backend("two");
    try (var other = StreamManager.on(second, BrokerConfig.builder().build())) {
      other.createSimpleProducer("p", config);
      append("s", 500);
      clock.advance(Duration.ofMinutes(20));
      assertEquals(10, length("s"));
      assertEquals(1, count(manager, "leader"));
      assertEquals(0, count(other, "leader"));
      assertEquals(0, count(other, "removed"));

      manager.shutdown(Duration.ofSeconds(5));
      append("s", 500);
      clock.advance(Duration.ofMinutes(6));
      assertEquals(1, count(other, "leader"));
      assertEquals(10, length("s"));
    } finally {
      second.close();
    }
  }

  private static long count(StreamManager manager, String what) {
    Component cleaner = manager.find("cleaner:s").orElseThrow();
    return cleaner.info().counts().get(what);
  }

  @Test
  void aShutdownWaitsForAllLeasesAtTheSameTimeWhereTheServerDoesNotAnswer() {
    var silent = StreamManager.on(keepingLeases(backend), BrokerConfig.builder().build());
    for (int i = 0; i < 6; i++) {
      silent.createSimpleProducer("p" + i, "s" + i);
      String dead = "{s" + i + "}:dead:g";
      var config = ConsumerConfig.builder("s" + i).group("g").deadLetter(dead).build();
      silent.createConsumer("c" + i, config, (Message message) -> {});
    }
    clock.advance(Duration.ofMinutes(2));
    long begun = System.nanoTime();
    silent.shutdown(Duration.ofSeconds(1));
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    assertTrue(took.compareTo(Duration.ofSeconds(4)) < 0, "12 leases took " + took);
  }

  /** Its leases are never answered for when they are given back. */
  private static Backend keepingLeases(Backend backend) {
    Coordination all = backend.facet(Coordination.class).orElseThrow();
    Coordination silent =
        proxy(
            Coordination.class,
            (proxy, method, arguments) ->
                method.getName().equals("release")
                    ? new CompletableFuture<Void>()
                    : method.invoke(all, arguments));
    return proxy(
        Backend.class,
        (proxy, method, arguments) ->
            method.getName().equals("facet") && arguments[0] == Coordination.class
                ? Optional.of(silent)
                : method.invoke(backend, arguments));
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @Test
  void aCleanerThatSomebodyHasClosedRunsAgainForTheNextUser() {
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder(DEAD)
            .maxLength(10)
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(0)
            .build());
    manager.find("cleaner:" + DEAD).orElseThrow().close();
    assertFalse(cleaned(DEAD));
    consumer(manager, "a");
    append(DEAD, 500);
    clock.advance(Duration.ofMinutes(20));
    assertEquals(10, length(DEAD), "kept as the producer says");

    manager.find("cleaner:" + DEAD).orElseThrow().close();
    manager.createSimpleProducer("q", manager.retention(DEAD));
    assertTrue(cleaned(DEAD));
    manager.removeProducer("p");
    manager.removeProducer("q");
    assertTrue(cleaned(DEAD), "the consumer's dead letters still go there");
    manager.removeConsumer("a");
    assertFalse(cleaned(DEAD));
  }

  @Test
  void nothingIsPlannedAnyMoreAfterTheShutdown() {
    consumer(manager, "a");
    manager.createSimpleProducer("p", "s");
    clock.advance(Duration.ofMinutes(10));
    manager.shutdown(Duration.ofSeconds(5));
    assertEquals(0, clock.pendingTimers());
  }
}
