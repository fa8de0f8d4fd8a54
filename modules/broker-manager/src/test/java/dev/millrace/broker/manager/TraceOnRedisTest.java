package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Redrive;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Headers, and the trace context among them, over the wire and in every place on the way. */
@WithRedis
class TraceOnRedisTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Map<String, String> TRACE = TraceTest.TRACE;

  private static RedisServer redis;

  private final List<Map<String, String>> arrived = new CopyOnWriteArrayList<>();

  @TempDir Path directory;

  @BeforeAll
  static void startRedis() {
    redis = RedisServer.startOwn();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  private void arrives(Message message) {
    var trace = new java.util.HashMap<>(message.headers());
    trace.keySet().retainAll(TRACE.keySet());
    arrived.add(Map.copyOf(trace));
  }

  private void arrived(int times) {
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertEquals(Collections.nCopies(times, TRACE), arrived));
  }

  @Test
  void traceGoesThroughAllPatternsOfTwoProcesses() {
    try (Broker one = Broker.connect(redis.url(), b -> b.stream("traced"));
        Broker two = Broker.connect(redis.url(), b -> b.stream("traced"))) {
      two.onTask(
          "FIRST",
          Message.class,
          message -> {
            arrives(message);
            two.publish("live", 1);
          });
      one.onEvent(
          "live",
          Void.class,
          (nothing, event) -> {
            arrives(event);
            one.publish("kept", 1);
          });
      two.onEvent(
          SubscriptionConfig.channel("kept").durable("d").build(),
          TypeRef.of(Message.class),
          (Message event) -> {
            arrives(event);
            two.request("R", 1, Integer.class, LONG);
          });
      one.onRequest(
          "R",
          Message.class,
          request -> {
            arrives(request);
            return 1;
          });
      one.requests();
      two.start();
      one.start();
      one.enqueue("FIRST", 1, TraceTest.TRACED);
      arrived(4);
    }
  }

  @Test
  void headersThatAnInterceptorAddsReadWellInRedis() {
    try (Broker broker =
        Broker.connect(
            redis.url(),
            b -> b.stream("tenants").interceptSend(sending -> sending.header("tenant", "t1")))) {
      broker.enqueue("A", 1);
      String entries = redis.command("XRANGE", "tenants", "-", "+").toString();
      assertTrue(entries.contains("tenant, t1"), entries);
    }
  }

  @Test
  void headersSurviveLongWaitsDeadLettersAndRedrive() {
    try (Broker broker =
        Broker.connect(
            redis.url(),
            b ->
                b.stream("slow")
                    .lease(Duration.ofMillis(500))
                    .retry(
                        RetryPolicy.builder()
                            .maxAttempts(2)
                            // Longer than half a lease: it is parked.
                            .firstDelay(Duration.ofMillis(600))
                            .build()))) {
      broker.onTask(
          "FAILS",
          Message.class,
          message -> {
            arrives(message);
            if (!message.headers().containsKey("redriven")) {
              throw new IllegalStateException("not yet");
            }
          });
      broker.start();
      broker.enqueue("FAILS", 1, TraceTest.TRACED);
      var dead = broker.streams().deadLetters("slow");
      await().atMost(LONG).until(() -> dead.list(2).size() == 1);
      arrived(2);
      dead.redrive(Redrive.all());
      arrived(3);
    }
  }

  @Test
  void headersSurviveTheBackupAndTheJournal() {
    var config = BrokerConfig.builder().journal(JournalConfig.in(directory)).build();
    try (var own = RedisServer.startOwn();
        var manager = StreamManager.connect(own.url() + "?commandTimeout=2s", config)) {
      var producer =
          manager.createBackupProducer("p", StreamConfig.builder("orders").maxLength(1).build());
      producer.send(Fields.of("n", 1), TraceTest.TRACED);
      assertInstanceOf(
          SendResult.SpilledToBackup.class, producer.send(Fields.of("n", 2), TraceTest.TRACED));
      own.pause();
      assertInstanceOf(
          SendResult.SpilledToJournal.class, producer.send(Fields.of("n", 3), TraceTest.TRACED));
      own.resume();
      manager.createConsumer("c", "orders", this::arrives);
      arrived(3);
    }
  }
}
