package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.JournalException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.Route;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.testkit.LimitedBackend;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupProducersTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;

  private BrokerConfig config() {
    return BrokerConfig.builder().journal(JournalConfig.in(directory)).build();
  }

  private static List<String> numbers(int to) {
    return IntStream.rangeClosed(1, to).mapToObj(String::valueOf).toList();
  }

  private static List<CompletableFuture<SendResult>> send(BackupProducer by, int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(n -> by.sendAsync(Fields.of("n", n))).toList();
  }

  private static void consume(StreamManager manager, ConcurrentLinkedQueue<String> handled) {
    manager.createConsumer(
        "c",
        ConsumerConfig.builder("orders").concurrency(1).build(),
        (Message message) -> handled.add(message.fields().text("n")));
  }

  @Test
  void aStreamWithoutAGroupGetsThatOfTheManager() {
    try (var manager = StreamManager.connect("memory:", config())) {
      manager.createBackupProducer("p", "orders");
      var full = StreamConfig.builder("full").maxLength(1).build();
      var producer = manager.createBackupProducer("q", full);
      assertInstanceOf(SendResult.Accepted.class, producer.send(Fields.of("n", 1)));
      assertInstanceOf(SendResult.SpilledToBackup.class, producer.send(Fields.of("n", 2)));
      assertEquals("backup producer", producer.info().kind());
      assertEquals(2, manager.producers().size());
    }
  }

  @Test
  void inMemoryThereIsAJournalOnlyWhereOneIsChosen() {
    try (var manager = StreamManager.connect("memory:")) {
      manager.createBackupProducer("p", "orders").send(Fields.of("n", 1));
    }
    try (var manager = StreamManager.connect("memory:", config())) {
      manager.createBackupProducer("p", "orders").send(Fields.of("n", 1));
    }
    assertTrue(Files.isDirectory(directory));
  }

  @Test
  void historyAndDroppingAreRefused() {
    try (var manager = StreamManager.connect("memory:", config())) {
      var dropping = StreamConfig.builder("orders").overflow(Overflow.drop()).build();
      assertThrows(InvalidConfigException.class, () -> manager.createBackupProducer("p", dropping));
      var history = StreamConfig.builder("orders").history(true).build();
      assertThrows(InvalidConfigException.class, () -> manager.createBackupProducer("p", history));
      assertEquals(List.of(), manager.components());
    }
  }

  @Test
  void aBackendWithoutBackupsIsRefused() {
    var whole = Providers.open("memory:", BackendContext.standalone("test"));
    try (whole;
        var manager = StreamManager.on(LimitedBackend.rabbitMqLike(whole), config())) {
      var error =
          assertThrows(
              UnsupportedByBackendException.class,
              () -> manager.createBackupProducer("p", "orders"));
      assertEquals("BACKUP", error.feature());
    }
  }

  @Test
  void sixtyFourProducersSpillNothingOnAHealthyStreamOnRedis() throws Exception {
    try (var server = RedisServer.startOwn();
        var manager = StreamManager.connect(server.url(), config());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      consume(manager, new ConcurrentLinkedQueue<>());
      var sends = new ArrayList<Future<?>>();
      for (int p = 0; p < 64; p++) {
        BackupProducer producer = manager.createBackupProducer("p" + p, "orders");
        sends.add(
            threads.submit(
                () -> {
                  for (int n = 0; n < 100; n++) {
                    assertInstanceOf(SendResult.Accepted.class, producer.send(Fields.of("n", n)));
                  }
                }));
      }
      for (Future<?> each : sends) {
        each.get();
      }
      assertEquals(6_400, server.number("XLEN", "orders"));
      assertEquals(0, server.number("EXISTS", "{orders}:backup"));
      for (ComponentInfo producer : manager.producers()) {
        assertEquals(0, producer.counts().get("switches"), producer.name());
      }
    }
  }

  @Test
  void whatOneServerDidNotTakeIsNotForAnother() {
    try (var there = RedisServer.startOwn();
        var other = RedisServer.startOwn()) {
      try (var manager = StreamManager.connect(there.url(), config())) {
        var producer = manager.createBackupProducer("p", "orders");
        producer.send(Fields.of("n", 1));
        there.pause();
        assertInstanceOf(SendResult.SpilledToJournal.class, producer.send(Fields.of("n", 2)));
        manager.shutdown(Duration.ofMillis(100));
      }
      there.resume();
      try (var manager = StreamManager.connect(other.url(), config())) {
        var producer = manager.createBackupProducer("p", "orders");
        assertInstanceOf(SendResult.Accepted.class, producer.send(Fields.of("n", 3)));
        assertEquals(0, producer.status().journal().messages());
      }
      assertEquals(1, other.number("XLEN", "orders"));
      try (var manager = StreamManager.connect(there.url(), config())) {
        manager.createBackupProducer("p", "orders");
        await().atMost(LONG).until(() -> there.number("XLEN", "orders") == 2);
      }
    }
  }

  @Test
  void aJournalThatCannotBeOpenedLeavesNothingBehind() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    var config = BrokerConfig.builder().journal(JournalConfig.in(file)).build();
    try (var manager = StreamManager.connect("memory:", config)) {
      assertThrows(JournalException.class, () -> manager.createBackupProducer("p", "orders"));
      assertEquals(List.of(), manager.components());
      manager.createSimpleProducer("p", "orders").send(Fields.of("n", 1));
    }
  }

  @Test
  void onRedisAFullStreamSpillsAndIsDrainedInOrder() {
    var handled = new ConcurrentLinkedQueue<String>();
    try (var redis = RedisServer.startOwn();
        var manager = StreamManager.connect(redis.url(), config())) {
      var producer =
          manager.createBackupProducer("p", StreamConfig.builder("orders").maxLength(200).build());
      send(producer, 1, 1_000).forEach(CompletableFuture::join);
      assertEquals(1_000, redis.number("XLEN", "orders") + redis.number("XLEN", "{orders}:backup"));
      assertEquals(Route.BACKUP, producer.status().route());
      consume(manager, handled);
      var more = new ArrayList<>(send(producer, 1_001, 2_000));
      more.forEach(CompletableFuture::join);
      await().atMost(LONG).until(() -> handled.size() >= 2_000);
      assertEquals(numbers(2_000), List.copyOf(handled));
      await().atMost(LONG).until(() -> producer.status().route() == Route.PRIMARY);
      assertEquals(0, redis.number("EXISTS", "{orders}:backup"));
    }
  }

  @Test
  void aServerThatStandsStillLosesAndDoublesNothing() {
    var handled = new ConcurrentLinkedQueue<String>();
    try (var redis = RedisServer.startOwn();
        var manager = StreamManager.connect(redis.url() + "?commandTimeout=2s", config())) {
      var producer = manager.createBackupProducer("p", "orders");
      consume(manager, handled);
      var all = new ArrayList<>(send(producer, 1, 2_000));
      all.forEach(CompletableFuture::join);
      redis.pause();
      all.addAll(send(producer, 2_001, 4_000));
      all.forEach(CompletableFuture::join);
      assertInstanceOf(SendResult.SpilledToJournal.class, all.getLast().join());
      redis.resume();
      await().atMost(LONG).until(() -> producer.status().route() == Route.PRIMARY);
      send(producer, 4_001, 4_100).forEach(CompletableFuture::join);
      await().atMost(LONG).until(() -> handled.size() >= 4_100);
      assertEquals(numbers(4_100), List.copyOf(handled));
    }
  }

  @Test
  void aServerThatIsAwayAtTheShutdownGetsTheRestFromTheNextProcess() {
    try (var redis = RedisServer.startOwn("--appendonly", "yes")) {
      var first = StreamManager.connect(redis.url(), config());
      var producer = first.createBackupProducer("p", "orders");
      send(producer, 1, 10).forEach(CompletableFuture::join);
      redis.stop();
      send(producer, 11, 500).forEach(CompletableFuture::join);
      assertEquals(Route.JOURNAL, producer.status().route());
      var report = first.shutdown(Duration.ofSeconds(2));
      assertTrue(
          report.failures().stream()
              .anyMatch(text -> text.contains("490 messages for stream orders")),
          report.toString());
      redis.start();
      try (var second = StreamManager.connect(redis.url(), config())) {
        second.createBackupProducer("p", "orders");
        await().atMost(LONG).until(() -> redis.number("XLEN", "orders") >= 500);
        assertEquals(500, redis.number("XLEN", "orders"));
      }
    }
  }
}
