package dev.millrace.broker.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamConfigConflictException;
import dev.millrace.broker.api.StreamFullException;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.UnknownNameException;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.testkit.LimitedBackend;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class RetentionManagementTest {
  private final Backend backend = Providers.open("memory:", BackendContext.standalone("test"));
  private final StreamManager manager = on(BrokerConfig.builder());

  @AfterEach
  void close() {
    manager.shutdown(Duration.ZERO);
    backend.close();
  }

  private StreamManager on(BrokerConfig.Builder config) {
    return StreamManager.on(backend, config.build());
  }

  private static RetentionPolicy.Builder policy() {
    return RetentionPolicy.builder();
  }

  private void store(String stream, Map<String, String> settings) {
    backend
        .facet(Trimming.class)
        .orElseThrow()
        .store(stream, settings)
        .toCompletableFuture()
        .join();
  }

  private Trimming.Report trim(String stream, long maxLength, boolean dryRun) {
    var limits =
        new Trimming.Limits(
            OptionalLong.of(maxLength), Optional.empty(), 0, Duration.ZERO, Set.of(), false, 1_000);
    return backend
        .facet(Trimming.class)
        .orElseThrow()
        .trim(stream, limits, dryRun)
        .toCompletableFuture()
        .join();
  }

  private static void send(StreamManager with, String producer, int messages) {
    with.producer(producer)
        .sendAll(IntStream.range(0, messages).mapToObj(i -> Fields.of("n", i)).toList());
  }

  @Test
  void changesBeatTheCodeWhichBeatsPatternsWhichBeatThePriority() {
    try (var other =
        on(
            BrokerConfig.builder()
                .retention("log*", policy().priority(Priority.LOW).maxLength(500).build())
                .retention("*s", policy().maxLength(900).maxAge(Duration.ofDays(7)).build()))) {
      other.createSimpleProducer("p", StreamConfig.builder("logs").batchSize(7).build());
      StreamConfig inForce = other.retention("logs");
      assertEquals(Priority.LOW, inForce.priority());
      assertEquals(500, inForce.maxLength(), "the pattern that was given first");
      assertEquals(Duration.ofDays(7), inForce.maxAge().orElseThrow());
      assertEquals(7, inForce.batchSize());
      assertEquals(Priority.LOW.cleanupInterval(), inForce.cleanupInterval());
      assertEquals(10, inForce.minRetentionCount());

      other.createSimpleProducer("q", StreamConfig.builder("logs2").maxLength(42).build());
      assertEquals(42, other.retention("logs2").maxLength());
      assertEquals(Priority.NORMAL, other.retention("orders").priority());
      assertEquals(1_000_000, other.retention("order").maxLength());

      other.changeRetention("logs2", policy().maxLength(77).build());
      assertEquals(77, other.retention("logs2").maxLength());
      assertEquals(policy().maxLength(77).build(), other.retentionChanges("logs2"));
      assertEquals(77, manager.retention("logs2").maxLength(), "in another process");
    }
  }

  @Test
  void patternsHoldForWhatIsMadeAndConflictsCompareTheResult() {
    try (var other =
        on(BrokerConfig.builder().retention("log.*", policy().maxLength(500).build()))) {
      other.createSimpleProducer("p", "log.a");
      other.createSimpleProducer("q", StreamConfig.of("log.a"));
      other.createSimpleProducer("r", StreamConfig.builder("log.a").maxLength(500).build());
      var error =
          assertThrows(
              StreamConfigConflictException.class,
              () ->
                  other.createSimpleProducer(
                      "s", StreamConfig.builder("log.a").maxLength(501).build()));
      assertEquals(List.of("maxLength: 500 in force, 501 asked for"), error.differences());
      other.createBackupProducer("b", "log.b");
      assertEquals(500, other.retention("log.b").maxLength());
      other.createBackupProducer("b2", "log.b");
    }
  }

  @Test
  void starsInPatternsStandForAnyCharactersAndOtherCharactersForThemselves() {
    try (var other =
        on(
            BrokerConfig.builder()
                .retention("a.b", policy().maxLength(1_001).build())
                .retention("*:dead:*", policy().maxLength(1_002).build())
                .retention("x*y*z", policy().maxLength(1_003).build()))) {
      assertEquals(1_001, other.retention("a.b").maxLength());
      assertEquals(1_000_000, other.retention("aXb").maxLength());
      assertEquals(1_002, other.retention("{orders}:dead:billing").maxLength());
      assertEquals(1_003, other.retention("xyz").maxLength());
      assertEquals(1_003, other.retention("x1y2z").maxLength());
      assertEquals(1_000_000, other.retention("x1y2").maxLength());
    }
  }

  @Test
  void deadLettersHaveDefaultsOfTheirOwn() {
    StreamConfig dead = manager.retention("{orders}:dead:billing");
    assertEquals(Duration.ofDays(30), dead.maxAge().orElseThrow());
    assertEquals(100_000, dead.maxLength());
    manager.changeRetention("{orders}:dead:billing", policy().maxLength(5_000).build());
    assertEquals(5_000, manager.retention("{orders}:dead:billing").maxLength());
  }

  @Test
  void keptEventsHaveDefaultsOfTheirOwn() {
    StreamConfig kept = manager.retention("{news}:events");
    assertEquals(Duration.ofDays(30), kept.maxAge().orElseThrow());
    assertEquals(100_000, kept.maxLength());
    manager.createSubscription(
        "s", SubscriptionConfig.channel("news").durable("mail").build(), event -> {});
    assertEquals(kept, manager.retention("{news}:events"));
  }

  @Test
  void whoeverUsesAStreamGetsTheDefaultsOfItsName() {
    manager.createSimpleProducer("p", "{news}:events");
    assertEquals(100_000, manager.retention("{news}:events").maxLength());
    manager.createSubscription(
        "s", SubscriptionConfig.channel("news").durable("mail").build(), event -> {});
    manager.createSimpleProducer("q", StreamConfig.of("{orders}:dead:billing"));
    StreamConfig dead = manager.retention("{orders}:dead:billing");
    assertEquals(Duration.ofDays(30), dead.maxAge().orElseThrow());
    manager.createSimpleProducer(
        "r", StreamConfig.builder("{old}:events").maxLength(7_000).build());
    assertEquals(7_000, manager.retention("{old}:events").maxLength(), "what was given");
  }

  @Test
  void changesReplaceThoseBeforeAndAReset() {
    manager.changeRetention("s", policy().maxLength(77).build());
    manager.changeRetention("s", policy().maxAge(Duration.ofHours(1)).build());
    assertEquals(1_000_000, manager.retention("s").maxLength());
    assertEquals(Duration.ofHours(1), manager.retention("s").maxAge().orElseThrow());
    manager.resetRetention("s");
    manager.resetRetention("s");
    assertTrue(manager.retentionChanges("s").isEmpty());
    assertTrue(manager.retention("s").maxAge().isEmpty());
  }

  private static void refused(String words, Executable call) {
    var error = assertThrows(InvalidConfigException.class, call);
    for (String word : words.split(" … ")) {
      assertTrue(error.getMessage().contains(word), error.getMessage());
    }
  }

  @Test
  void aChangeThatContradictsWhatIsInForceIsRefusedWithBothValues() {
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder("s")
            .minRetentionCount(1_000)
            .minRetentionTime(Duration.ofHours(2))
            .build());
    refused(
        "maxLength 10 … minRetentionCount 1000",
        () -> manager.changeRetention("s", policy().maxLength(10).build()));
    refused(
        "maxAge PT1H … minRetentionTime PT2H",
        () -> manager.changeRetention("s", policy().maxAge(Duration.ofHours(1)).build()));
    refused(
        "2 faults … maxLength 10 … maxAge PT1H",
        () ->
            manager.changeRetention(
                "s", policy().maxLength(10).maxAge(Duration.ofHours(1)).build()));
    assertTrue(manager.retentionChanges("s").isEmpty());
    manager.changeRetention("s", policy().maxLength(10).minRetentionCount(3).build());
    assertEquals(3, manager.retention("s").minRetentionCount());
  }

  @Test
  void whatChangesNeitherOfTwoIsNotRefusedForThem() {
    try (var other =
        on(BrokerConfig.builder().retention("*", policy().minRetentionCount(1_000).build()))) {
      other.createSimpleProducer("p", StreamConfig.builder("s").maxLength(10).build());
      other.changeRetention("s", policy().priority(Priority.HIGH).build());
      assertEquals(Priority.HIGH, other.retention("s").priority());
    }
  }

  @Test
  void aBackupIsNotTrimmedAndItsRetentionNotChanged() {
    refused(
        "drained",
        () -> manager.changeRetention("{orders}:backup", policy().maxLength(10).build()));
  }

  @Test
  void explainingABackupTellsThatNothingGoesFromIt() {
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder("{orders}:backup")
            .history(true)
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(5)
            .maxLength(30)
            .build());
    send(manager, "p", 100);
    RetentionReport report = manager.explainRetention("{orders}:backup");
    assertEquals(0, report.goes());
    assertEquals(List.of(), report.reasons());
    assertEquals(RetentionReport.Floor.BACKUP, report.holds().getFirst().floor());
  }

  @Test
  void whatCannotBeReadOfTheStoredSettingsHasNoEffectAndTheRestHolds() {
    manager.createSimpleProducer("p", "s");
    store("s", Map.of("maxLength", "77", "priority", "HIGHEST", "later", "1"));
    assertEquals(77, manager.retention("s").maxLength());
    assertEquals(Priority.NORMAL, manager.retention("s").priority());
  }

  @Test
  void aChangedLimitHoldsHereOnReturn() {
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder("s").groups("g").maxLength(1_000).overflow(Overflow.reject()).build());
    send(manager, "p", 20);
    manager.changeRetention("s", policy().maxLength(20).build());
    assertThrows(StreamFullException.class, () -> manager.send("p", Fields.of("n", 21)));
    manager.resetRetention("s");
    manager.send("p", Fields.of("n", 21));
  }

  @Test
  void explainingTellsWhatIsInForceAndWhatHolds() {
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder("s")
            .groups("billing")
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(5)
            .build());
    send(manager, "p", 100);
    manager.changeRetention("s", policy().maxLength(10).build());
    RetentionReport report = manager.explainRetention("s");
    assertEquals(100, report.length());
    assertEquals(0, report.goes());
    assertEquals(10, report.config().maxLength());
    assertEquals(OptionalLong.of(10), report.changed().maxLength());
    assertEquals(90, report.reasons().getFirst().entries());
    assertEquals("billing", report.holds().getFirst().need().orElseThrow().group());

    try (var elsewhere = on(BrokerConfig.builder())) {
      assertFalse(elsewhere.explainRetention("s").cleanedHere());
    }
  }

  @Test
  void explainedIsWhatATrimmingWouldDo() {
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder("s")
            .history(true)
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(5)
            .maxLength(30)
            .build());
    send(manager, "p", 100);
    RetentionReport report = manager.explainRetention("s");
    Trimming.Report trimmed = trim("s", 30, true);
    assertEquals(70, report.goes());
    assertEquals(trimmed.removed(), report.goes());
  }

  @Test
  void dropsAreListed() {
    manager.createSimpleProducer(
        "p",
        StreamConfig.builder("s")
            .groups("billing")
            .overflow(Overflow.drop())
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(0)
            .maxLength(30)
            .build());
    send(manager, "p", 100);
    assertEquals(70, manager.explainRetention("s").goes());
    assertEquals(List.of(), manager.drops("s", 10));
    trim("s", 30, false);
    assertEquals(
        List.of("billing 70"),
        manager.drops("s", 10).stream().map(drop -> drop.group() + " " + drop.messages()).toList());
    refused("most is 0", () -> manager.drops("s", 0));
  }

  @Test
  void aStreamThatIsYetToComeFindsItsChangesAndIsNotThereForThem() {
    manager.changeRetention("later", policy().maxLength(77).build());
    assertFalse(manager.streamExists("later"));
    manager.createSimpleProducer("p", "later");
    send(manager, "p", 1);
    assertTrue(manager.streamExists("later"));
    assertEquals(77, manager.retention("later").maxLength());
    refused("stream name", () -> manager.streamExists("a\nb"));
  }

  @Test
  void namesAreCheckedAndUnknownOnesTold() {
    assertThrows(UnknownNameException.class, () -> manager.explainRetention("nowhere"));
    refused("stream name", () -> manager.explainRetention("a\nb"));
    refused("stream name", () -> manager.retention(""));
    refused("stream name", () -> manager.changeRetention("a{b", policy().maxLength(9).build()));
    refused("stream name", () -> manager.resetRetention(" a"));
    refused("stream name", () -> manager.drops("", 1));
  }

  @Test
  void aBackendThatCannotTrimIsNamed() {
    try (var limited =
        StreamManager.on(LimitedBackend.kafkaLike(backend), BrokerConfig.builder().build())) {
      unsupported("TRIMMING", () -> limited.explainRetention("s"));
      unsupported("TRIMMING", () -> limited.changeRetention("s", RetentionPolicy.none()));
      unsupported("TRIMMING", () -> limited.resetRetention("s"));
      unsupported("TRIMMING", () -> limited.drops("s", 1));
      unsupported("HOUSEKEEPING", limited::leftovers);
      assertEquals(1_000_000, limited.retention("s").maxLength());
    }
  }

  private static void unsupported(String feature, Executable call) {
    assertEquals(feature, assertThrows(UnsupportedByBackendException.class, call).feature());
  }
}
