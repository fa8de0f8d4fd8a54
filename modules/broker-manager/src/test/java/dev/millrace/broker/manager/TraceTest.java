package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Redrive;
import dev.millrace.broker.api.ReplyParts;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The trace context of a message goes on to what its handler sends, whatever the pattern. */
class TraceTest {
  static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  static final SendOptions TRACED =
      SendOptions.none().header("traceparent", PARENT).header("tracestate", "rojo=1");
  static final Map<String, String> TRACE = Map.of("traceparent", PARENT, "tracestate", "rojo=1");

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String OTHER = "00-11111111111111111111111111111111-2222222222222222-00";

  private final String url = "memory:" + UUID.randomUUID();
  private final List<Map<String, String>> arrived = new CopyOnWriteArrayList<>();
  private final Broker broker = broker(b -> {});

  @AfterEach
  void close() {
    broker.shutdown(Duration.ZERO);
  }

  private Broker broker(java.util.function.Consumer<BrokerConfig.Builder> settings) {
    return Broker.connect(
        url,
        b -> {
          b.stream("tasks")
              .retry(RetryPolicy.builder().maxAttempts(2).firstDelay(Duration.ofMillis(5)).build());
          settings.accept(b);
        });
  }

  private void arrives(Message message) {
    arrived.add(message.headers());
  }

  private void arrived(List<Map<String, String>> expected) {
    await().untilAsserted(() -> assertEquals(expected, arrived));
  }

  private static Map<String, String> trace(Message message) {
    var trace = new java.util.HashMap<>(message.headers());
    trace.keySet().retainAll(TRACE.keySet());
    return Map.copyOf(trace);
  }

  @Test
  void traceGoesFromTaskToEventToRequestToTask() {
    broker.onTask("FIRST", Void.class, nothing -> broker.publish("c", 1));
    broker.onEvent("c", Void.class, nothing -> broker.request("R", 1, Integer.class, LONG));
    broker.onRequest(
        "R",
        Integer.class,
        n -> {
          broker.enqueue("LAST", n);
          return n;
        });
    broker.onTask("LAST", Message.class, this::arrives);
    broker.start();
    broker.enqueue("FIRST", 1, TRACED);
    arrived(List.of(TRACE));
  }

  @Test
  void allFormsOfSendingCarryIt() {
    broker.onTask("LAST", Message.class, this::arrives);
    broker.onEvent("c", Message.class, (event, same) -> arrives(event));
    broker.onRequest("R", Message.class, request -> String.valueOf(trace(request).equals(TRACE)));
    broker.onRequest(
        "P",
        Void.class,
        (Void nothing, ReplyParts<String> parts) -> {
          broker.enqueue("LAST", 1);
          parts.send(String.valueOf(trace(parts.request()).equals(TRACE)));
        });
    broker.streams().createSimpleProducer("p", "logs");
    broker.streams().createConsumer("logs", "logs", (Message message) -> arrives(message));
    var answers = new CopyOnWriteArrayList<String>();
    broker.onTask(
        "FIRST",
        Void.class,
        nothing -> {
          broker.enqueueAsync("LAST", 1).join();
          broker.enqueueAll("LAST", List.of(1, 2));
          broker.streams().producer("p").sendAll(List.of(Fields.of("n", 1)));
          broker.publishAsync("c", 1).join();
          answers.add(broker.callAsync("R", 1, String.class, LONG).join().orThrow("R"));
          answers.add(broker.askAll("R", 1, String.class, 1, LONG).getFirst().orThrow("R"));
          try (var parts = broker.requestParts("P", 1, String.class, LONG)) {
            answers.add(parts.next());
          }
        });
    broker.start();
    broker.enqueue("FIRST", 1, TRACED);
    arrived(java.util.Collections.nCopies(6, TRACE));
    await().untilAsserted(() -> assertEquals(List.of("true", "true", "true"), answers));
  }

  @Test
  void keptEventHandsItOn() {
    broker.onEvent(
        SubscriptionConfig.channel("kept").durable("d").build(),
        TypeRef.of(Void.class),
        (Void nothing) -> broker.enqueue("LAST", 1));
    broker.onTask("LAST", Message.class, this::arrives);
    broker.start();
    broker.publish("kept", 1, TRACED);
    arrived(List.of(TRACE));
  }

  @Test
  void whatHasATraceOfItsOwnKeepsIt() {
    broker.onTask(
        "FIRST",
        Void.class,
        nothing -> broker.enqueue("LAST", 1, SendOptions.none().header("traceparent", OTHER)));
    broker.onTask("LAST", Message.class, this::arrives);
    broker.start();
    broker.enqueue("FIRST", 1, TRACED);
    arrived(List.of(Map.of("traceparent", OTHER)));
  }

  @Test
  void interceptorSeesItAndMayPutItsOwnInItsPlace() {
    var seen = new CopyOnWriteArrayList<Map<String, String>>();
    try (Broker bridged =
        broker(
            b ->
                b.interceptSend(
                    sending -> {
                      if (sending.type().orElse("").equals("LAST")) {
                        seen.add(Map.copyOf(sending.headers()));
                        sending.header("traceparent", OTHER);
                      }
                    }))) {
      bridged.onTask("FIRST", Void.class, nothing -> bridged.enqueue("LAST", 1));
      bridged.onTask("LAST", Message.class, this::arrives);
      bridged.start();
      bridged.enqueue("FIRST", 1, TRACED);
      arrived(List.of(Map.of("traceparent", OTHER)));
      assertEquals(List.of(TRACE), seen);
    }
  }

  @Test
  void malformedTraceArrivesAndIsNotHandedOn() {
    broker.onTask(
        "FIRST",
        Message.class,
        message -> {
          arrives(message);
          broker.enqueue("LAST", 1);
        });
    broker.onTask("LAST", Message.class, this::arrives);
    broker.start();
    broker.enqueue("FIRST", 1, SendOptions.none().header("traceparent", "00-nonsense"));
    arrived(List.of(Map.of("traceparent", "00-nonsense"), Map.of()));
  }

  @Test
  void nothingIsLeftOnTheThreadForTheNextMessage() {
    var handed = new ConcurrentHashMap<Integer, Map<String, String>>();
    broker.onEvent(
        "handled",
        Message.class,
        (event, same) -> handed.put(Integer.valueOf(event.headers().get("n")), trace(event)));
    broker.start();
    var producer = broker.streams().createSimpleProducer("p", "ones");
    for (int i = 0; i < 200; i++) {
      producer.send(Fields.of("n", i), i % 2 == 0 ? TRACED : SendOptions.none());
    }
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    broker
        .streams()
        .createConsumer(
            "one",
            ConsumerConfig.builder("ones").concurrency(1).build(),
            (Message message) -> {
              threads.add(Thread.currentThread());
              broker.publish(
                  "handled", 1, SendOptions.none().header("n", message.fields().text("n")));
            });
    await().until(() -> handed.size() == 200);
    handed.forEach((n, trace) -> assertEquals(n % 2 == 0 ? TRACE : Map.of(), trace));
    assertTrue(threads.size() < 200, "no thread has handled two messages");
  }

  @Test
  void otherThreadsOfAHandlerDoNotCarryIt() {
    broker.onTask(
        "FIRST",
        Void.class,
        nothing -> CompletableFuture.runAsync(() -> broker.enqueue("LAST", 1)).join());
    broker.onTask("LAST", Message.class, this::arrives);
    broker.start();
    broker.enqueue("FIRST", 1, TRACED);
    arrived(List.of(Map.of()));
  }

  @Test
  void batchHandsOnWhatAllItsMessagesShare() {
    broker
        .streams()
        .createBatchConsumer(
            "c",
            ConsumerConfig.builder("logs").batch(2, LONG).build(),
            batch -> broker.enqueue("LAST", batch.size()));
    broker.onTask("LAST", Message.class, this::arrives);
    broker.start();
    var producer = broker.streams().createSimpleProducer("p", "logs");
    producer.send(Fields.of("n", 1), TRACED);
    producer.send(Fields.of("n", 2), TRACED);
    arrived(List.of(TRACE));
    producer.send(Fields.of("n", 3), TRACED);
    producer.send(Fields.of("n", 4));
    arrived(List.of(TRACE, Map.of()));
  }

  @Test
  void traceMakesNoMessageTooLarge() {
    var full = new java.util.concurrent.atomic.AtomicReference<>(SendOptions.none());
    for (int i = 0; i < 64; i++) {
      full.set(full.get().header("h" + i, "1"));
    }
    broker.onTask("FIRST", Void.class, nothing -> broker.enqueue("LAST", 1, full.get()));
    broker.onTask("LAST", Message.class, message -> arrived.add(trace(message)));
    broker.start();
    broker.enqueue("FIRST", 1, TRACED);
    arrived(List.of(TRACE));
  }

  // ---- what headers survive

  @Test
  void headersSurviveRetriesLongWaitsDeadLettersAndRedrive() {
    try (Broker slow =
        broker(
            b ->
                b.stream("slow")
                    .lease(Duration.ofMillis(200))
                    .retry(
                        RetryPolicy.builder()
                            .maxAttempts(2)
                            // Longer than half a lease: it is parked.
                            .firstDelay(Duration.ofMillis(300))
                            .build()))) {
      slow.onTask(
          "FAILS",
          Message.class,
          message -> {
            arrived.add(trace(message));
            if (!message.headers().containsKey("redriven")) {
              throw new IllegalStateException("not yet");
            }
          });
      slow.start();
      slow.enqueue("FAILS", 1, TRACED);
      var dead = slow.streams().deadLetters("slow");
      await().until(() -> dead.list(2).size() == 1);
      arrived(List.of(TRACE, TRACE));
      dead.redrive(Redrive.all());
      arrived(List.of(TRACE, TRACE, TRACE));
    }
  }

  @Test
  void headersSurviveTheBackup() {
    var small = StreamConfig.builder("orders").groups("workers").maxLength(1).build();
    BackupProducer producer = broker.streams().createBackupProducer("p", small);
    producer.send(Fields.of("n", 1), TRACED);
    assertInstanceOf(SendResult.SpilledToBackup.class, producer.send(Fields.of("n", 2), TRACED));
    broker.streams().createConsumer("c", "orders", this::arrives);
    arrived(List.of(TRACE, TRACE));
    assertTrue(producer.info().counts().get("spilled to backup") > 0);
  }
}
