package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.EventOverflow;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.JournalException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.manager.metrics.Metrics;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an application finds in its registry of what it did. */
class MetricsOfABrokerTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final String url = "memory:" + UUID.randomUUID();
  private final MetricRegistry registry = new MetricRegistry();
  private final Telemetry telemetry = Metrics.in(registry);

  private StreamManager manager() {
    return StreamManager.connect(url, BrokerConfig.builder().telemetry(telemetry).build());
  }

  private long count(String name) {
    return registry.getMeters().get("millrace." + name).getCount();
  }

  private long timed(String name) {
    return registry.getTimers().get("millrace." + name).getCount();
  }

  private long level(String name) {
    return (Long) registry.getGauges().get("millrace." + name).getValue();
  }

  @Test
  void tasksTheirRetriesAndTheirDeadLettersAreCounted() {
    try (var manager = manager()) {
      var config =
          ConsumerConfig.builder("orders")
              .retry(
                  RetryPolicy.builder()
                      .maxAttempts(2)
                      .firstDelay(Duration.ofMillis(1))
                      .jitter(0)
                      .build())
              .build();
      OutcomeHandler<Message> handler =
          (message, delivery) -> {
            if (message.fields().text("n").equals("bad")) {
              throw new IllegalStateException("bad");
            }
            return Outcome.done();
          };
      manager.createConsumer("c", config, handler);
      var producer = manager.createSimpleProducer("p", "orders");
      producer.send(Fields.of("n", "good"));
      producer.send(Fields.of("n", "bad"));
      await().until(() -> count("consumer.dead_lettered.c") == 1);
      await().until(() -> count("consumer.handled.c") == 1);
      assertEquals(2, count("producer.accepted.p"));
      assertEquals(2, timed("producer.send.p"));
      assertEquals(0, level("producer.in_flight.p"));
      assertEquals(2, count("consumer.failed.c"));
      assertEquals(1, count("consumer.retried.c"));
      await().until(() -> timed("consumer.handling.c") == 3);
      await().until(() -> level("consumer.running.c") == 0);
      assertTrue(
          registry.getNames().stream().anyMatch(name -> name.startsWith("millrace.cleaner.")));
    }
    assertEquals(Set.of(), registry.getNames(), "nothing leaks");
  }

  @Test
  void whatIsDeliveredAndWhatRunsIsALevel() throws Exception {
    var go = new CountDownLatch(1);
    try (var manager = manager()) {
      var config = ConsumerConfig.builder("orders").concurrency(1).build();
      var producer = manager.createSimpleProducer("p", "orders");
      manager.createConsumer("c", config, (Message message) -> go.await());
      await().until(() -> level("consumer.lag.c") == 0);
      assertEquals(0, level("consumer.pending.c"));
      assertEquals(0, level("consumer.parked.c"));
      for (int i = 0; i < 3; i++) {
        producer.send(Fields.of("n", i));
      }
      await().until(() -> level("consumer.running.c") == 1);
      go.countDown();
      await().until(() -> count("consumer.handled.c") == 3);
    }
  }

  @Test
  void eventsAndTheirDropsAreCounted() {
    var go = new CountDownLatch(1);
    try (var manager = manager()) {
      var config =
          SubscriptionConfig.channel("news")
              .concurrency(1)
              .buffer(1)
              .overflow(EventOverflow.DROP_NEWEST)
              .build();
      manager.createSubscription("s", config, (Message event) -> go.await());
      for (int i = 0; i < 5; i++) {
        manager.publish("news", Map.of("n", i), SendOptions.none());
      }
      await().until(() -> count("subscription.dropped.s") >= 1);
      assertEquals(5, count("events.published.millrace"));
      await().until(() -> level("subscription.running.s") == 1);
      assertEquals(1, level("subscription.waiting.s"));
      go.countDown();
      await().until(() -> timed("subscription.handling.s") == count("subscription.handled.s"));
      await().until(() -> count("subscription.gaps.s") == 1);
    }
    assertEquals(Set.of(), registry.getNames());
  }

  @Test
  void callsAreCountedByTheirOutcomes() throws Exception {
    var began = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    try (Broker broker = Broker.connect(url, b -> b.telemetry(telemetry))) {
      broker.onRequest("ECHO", String.class, text -> text);
      broker.onRequest(
          "FAIL",
          String.class,
          text -> {
            throw new RemoteFailedException("NO", "no");
          });
      broker.onRequest(
          "SLOW",
          String.class,
          text -> {
            began.countDown();
            go.await();
            return text;
          });
      broker.start();
      assertInstanceOf(Reply.Ok.class, broker.call("ECHO", "x", String.class, LONG));
      assertInstanceOf(Reply.RemoteError.class, broker.call("FAIL", "x", String.class, LONG));
      assertInstanceOf(Reply.NotStarted.class, broker.call("NOBODY", "x", String.class, LONG));
      var slow = broker.callAsync("SLOW", "x", String.class, Duration.ofSeconds(3));
      assertTrue(began.await(3, TimeUnit.SECONDS), "nobody began it in time");
      assertInstanceOf(Reply.Unknown.class, slow.join());
      go.countDown();
      String client = ".broker:requests";
      assertEquals(4, count("request_client.sent" + client));
      assertEquals(1, count("request_client.ok" + client));
      assertEquals(1, count("request_client.failed" + client));
      assertEquals(1, count("request_client.not_started" + client));
      assertEquals(1, count("request_client.unknown" + client));
      assertEquals(4, timed("request_client.call" + client));
      await().until(() -> count("request_client.late" + client) == 1);
      assertEquals(0, level("request_client.waiting" + client));
      String server = ".broker:server";
      assertEquals(4, count("request_server.received" + server));
      await().until(() -> count("request_server.handled" + server) == 2);
      assertEquals(1, count("request_server.failed" + server));
      assertEquals(1, count("request_server.unhandled" + server));
      await().until(() -> level("request_server.running" + server) == 0);
    }
    assertEquals(Set.of(), registry.getNames());
  }

  @Test
  void spillsAndDrainsAreCounted() {
    try (var manager = manager()) {
      var stream = StreamConfig.builder("orders").maxLength(1).build();
      var producer = manager.createBackupProducer("q", stream);
      producer.send(Fields.of("n", 1));
      assertInstanceOf(SendResult.SpilledToBackup.class, producer.send(Fields.of("n", 2)));
      assertEquals(1, count("producer.accepted.q"));
      assertEquals(1, count("backup.spilled.q"));
      assertEquals(1, level("backup.route.q"));
      assertTrue(count("backup.switches.q") >= 1);
      await().until(() -> level("backup.depth.q") == 1);
      manager.createConsumer("c", ConsumerConfig.of("orders"), (Message message) -> {});
      await().until(() -> level("backup.depth.q") == 0);
      assertEquals(0, level("backup.journal_depth.q"));
    }
    assertEquals(Set.of(), registry.getNames());
  }

  @Test
  void onRedisTheGroupsBacklogAndWhatTheReadersMeetAreMeasured() {
    var go = new CountDownLatch(1);
    try (var redis = RedisServer.startOwn()) {
      var config = BrokerConfig.builder().telemetry(telemetry).build();
      try (var manager = StreamManager.connect(redis.url(), config)) {
        manager.createSimpleProducer("p", "orders").send(Fields.of("n", 1));
        var consumer =
            manager.createConsumer(
                "c",
                ConsumerConfig.builder("orders").concurrency(1).build(),
                (Message message) -> go.await());
        await().until(() -> level("consumer.running.c") == 1);
        await().until(() -> level("consumer.pending.c") == 1);
        assertEquals(0, level("consumer.lag.c"));
        assertEquals(0, count("reader.lost.orders"));
        go.countDown();
        await().until(() -> count("consumer.handled.c") == 1);
        consumer.close();
        await().until(() -> !registry.getNames().contains("millrace.reader.lost.orders"));
      }
    }
    assertEquals(Set.of(), registry.getNames());
  }

  @Test
  void onRedisLeasesThatAreRenewedAndLostAreCounted() {
    var end = new CountDownLatch(1);
    try (var redis = RedisServer.startOwn();
        Broker broker =
            Broker.connect(
                redis.url(),
                b -> b.stream("work").lease(Duration.ofMillis(300)).telemetry(telemetry))) {
      broker.onTask("T", String.class, text -> end.await());
      broker.onRequest(
          "R",
          String.class,
          text -> {
            end.await();
            return text;
          });
      broker.start();
      broker.enqueue("T", "x");
      var reply = broker.callAsync("R", "x", String.class, LONG);
      for (String part : List.of("consumer", "request_server")) {
        await().until(() -> sum(part, "renewed") >= 1);
        assertEquals(0, sum(part, "leases_lost"));
      }
      settleAllBesideThem(redis);
      for (String part : List.of("consumer", "request_server")) {
        await().until(() -> sum(part, "leases_lost") == 1);
        assertEquals(0, sum(part, "handled"));
      }
      reply.cancel(true);
    }
  }

  private long sum(String part, String word) {
    return registry.getMeters().entrySet().stream()
        .filter(each -> each.getKey().startsWith("millrace." + part + "." + word + "."))
        .mapToLong(each -> each.getValue().getCount())
        .sum();
  }

  /** Acknowledges all that is pending in any group, so that whoever has it in hand loses it. */
  private static void settleAllBesideThem(RedisServer redis) {
    redis.command(
        "EVAL",
        """
        for _, key in ipairs(redis.call('KEYS', '*')) do
          if redis.call('TYPE', key).ok == 'stream' then
            for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
              for _, one in ipairs(redis.call('XPENDING', key, group[2], '-', '+', 10)) do
                redis.call('XACK', key, group[2], one[1])
              end
            end
          end
        end
        """,
        "0");
  }

  @Test
  void whatCouldNotBeMadeIsNotMeasured(@TempDir Path directory) throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    var config =
        BrokerConfig.builder().telemetry(telemetry).journal(JournalConfig.in(file)).build();
    try (var manager = StreamManager.connect(url, config)) {
      assertThrows(JournalException.class, () -> manager.createBackupProducer("p", "orders"));
      assertEquals(
          Set.of(),
          registry.getNames().stream()
              .filter(name -> name.endsWith(".p"))
              .collect(Collectors.toSet()));
    }
  }

  @Test
  void aManagerHasARegistryOfItsOwnUnlessMeasurementsAreTurnedOff() {
    try (var manager = StreamManager.connect(url, BrokerConfig.builder().build())) {
      manager.createSimpleProducer("p", "orders").send(Fields.of("n", 1));
      MetricRegistry own = Metrics.registry(manager.telemetry()).orElseThrow();
      assertEquals(1, own.getMeters().get("millrace.producer.accepted.p").getCount());
    }
    var off = BrokerConfig.builder().telemetry(Telemetry.none()).build();
    try (var manager = StreamManager.connect(url, off)) {
      manager.createSimpleProducer("p", "orders").send(Fields.of("n", 1));
      assertTrue(Metrics.registry(manager.telemetry()).isEmpty());
    }
  }
}
