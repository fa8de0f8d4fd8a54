package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.UnknownNameException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** Components of every kind are one thing to list, to stop, to start and to remove. */
class LifecycleTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final TypeRef<Integer> NUMBER = TypeRef.of(Integer.class);
  private static final List<String> EVERY_KIND =
      List.of("answers", "asks", "audit", "cleaner:orders", "mail", "out", "work");

  private final Instant begun = Instant.now().minusMillis(1);
  private final String url = "memory:" + UUID.randomUUID();
  private final StreamManager manager =
      StreamManager.connect(url, BrokerConfig.builder().shutdownDeadline(LONG).build());

  /** What handlers have begun, and may end. */
  private final Semaphore inside = new Semaphore(0);

  private final CountDownLatch go = new CountDownLatch(1);

  private void hold() throws InterruptedException {
    inside.release();
    go.await();
  }

  /** One of each kind; every handler holds until it may go on. */
  private RequestClient everyKind() {
    manager.createSimpleProducer("out", "orders");
    manager.createConsumer(
        "work", ConsumerConfig.builder("orders").concurrency(1).build(), message -> hold());
    manager.createSubscription("audit", "news", event -> hold());
    manager.createSubscription(
        "mail", SubscriptionConfig.channel("news").durable("mail").build(), event -> hold());
    var server = manager.createRequestServer("answers", "orders", 10);
    server.onRequest(
        "T",
        NUMBER,
        n -> {
          hold();
          return n + 1;
        });
    server.start();
    return manager.createRequestClient("asks", "orders");
  }

  private List<String> names() {
    return manager.components().stream()
        .map(ComponentInfo::name)
        .filter(name -> !name.contains(":dead:") && !name.contains("{"))
        .toList();
  }

  @Test
  void everyKindIsListedWithItsStateSinceWhenCountsAndNewestError() {
    go.countDown();
    RequestClient client = everyKind();
    assertEquals(EVERY_KIND, names());
    manager.send("out", Fields.of("n", 1));
    manager.publish("news", "first");
    assertEquals(new Reply.Ok<>(2), client.call("T", 1, NUMBER, LONG, SendOptions.none()));
    await().until(() -> inside.availablePermits() == 4);
    for (ComponentInfo info : manager.components()) {
      assertEquals(State.RUNNING, info.state(), info.name());
      assertTrue(info.since().isAfter(begun), info.name());
      assertEquals(Optional.empty(), info.lastError(), info.name());
      assertFalse(info.kind().isEmpty() || info.stream().isEmpty(), info.name());
    }
    await().until(() -> count("work", "handled") == 1);
    await().until(() -> count("audit", "handled") == 1);
    await().until(() -> count("mail", "handled") == 1);
    assertEquals(1, count("answers", "handled"));
    assertEquals(1, count("asks", "ok"));
    assertEquals(1, count("out", "accepted"));
    manager.close();
  }

  private long count(String component, String what) {
    return manager.component(component).info().counts().get(what);
  }

  @Test
  void everyKindIsStoppedStartedAndRemovedByItsName() {
    everyKind();
    for (String name : EVERY_KIND) {
      assertTrue(manager.stopComponent(name).clean(), name);
      assertEquals(State.STOPPED, manager.component(name).state(), name);
      manager.startComponent(name);
      assertEquals(State.RUNNING, manager.component(name).state(), name);
    }
    assertEquals(
        List.of("answers"), manager.requestServers().stream().map(ComponentInfo::name).toList());
    assertEquals(
        List.of("asks"), manager.requestClients().stream().map(ComponentInfo::name).toList());
    assertEquals("answers", manager.requestServer("answers").name());
    assertEquals("asks", manager.requestClient("asks").name());
    for (String name : List.of("answers", "asks", "audit", "mail", "out", "work")) {
      assertTrue(manager.removeComponent(name).clean(), name);
      assertEquals(Optional.empty(), manager.find(name), name);
    }
    assertEquals(List.of(), names(), "a cleaner outlives the last that used its stream");
    manager.close();
  }

  @Test
  void unknownNameIsRefusedWithNearMatchesWhateverItsKind() {
    everyKind();
    var unknown = assertThrows(UnknownNameException.class, () -> manager.stopComponent("answer"));
    assertTrue(unknown.getMessage().contains("answers"), unknown::getMessage);
    assertThrows(UnknownNameException.class, () -> manager.startComponent("nothing"));
    assertThrows(UnknownNameException.class, () -> manager.removeComponent("nothing"));
    assertThrows(UnknownNameException.class, () -> manager.requestServer("asks"));
    assertThrows(UnknownNameException.class, () -> manager.requestClient("answers"));
    go.countDown();
    manager.close();
  }

  @Test
  void oneReportTellsWhatWasDrainedOfEveryKind() throws Exception {
    CompletableFuture<Reply<Integer>> call = inFlight();
    var report = new CompletableFuture<DrainReport>();
    Thread.ofVirtual().start(() -> report.complete(manager.shutdown(LONG)));
    await()
        .until(
            () ->
                List.of("work", "audit", "mail", "answers").stream()
                    .allMatch(name -> manager.component(name).state() == State.DRAINING));
    go.countDown();
    assertTrue(report.get().clean(), report.get()::toString);
    assertEquals(new Reply.Ok<>(2), call.get());
    for (String name : List.of("work", "audit", "mail", "answers")) {
      assertEquals(1, report.get().components().get(name).finished(), report.get()::toString);
    }
  }

  @Test
  void oneReportTellsWhatWasHandedBackAndCutOffOfEveryKind() throws Exception {
    CompletableFuture<Reply<Integer>> call = inFlight();
    manager.createBatchConsumer(
        "batches",
        ConsumerConfig.builder("orders").group("slow").batch(10, LONG).build(),
        (List<Message> batch) -> {});
    manager.send("out", Fields.of("n", 2));
    await().until(() -> count("batches", "received") == 2);
    DrainReport report = manager.shutdown(Duration.ofMillis(50));
    assertInstanceOf(Reply.RemoteError.class, call.get());
    for (String name : List.of("work", "audit", "mail", "answers")) {
      assertEquals(1, report.components().get(name).cutOff(), report::toString);
    }
    assertEquals(2, report.components().get("batches").handedBack(), report::toString);
    assertEquals(4, report.cutOff(), report::toString);
    assertEquals(2, report.handedBack(), report::toString);
  }

  /** A message, two events and a call, all of them with their handlers. */
  private CompletableFuture<Reply<Integer>> inFlight() throws InterruptedException {
    RequestClient client = everyKind();
    manager.send("out", Fields.of("n", 1));
    manager.publish("news", "first");
    CompletableFuture<Reply<Integer>> call =
        client.callAsync("T", 1, NUMBER, LONG, SendOptions.none());
    inside.acquire(4);
    return call;
  }
}
