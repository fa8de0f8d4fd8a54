package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamConfigConflictException;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.UnknownNameException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamManagerTest {
  private final StreamManager manager = StreamManager.connect("memory:");
  private final BlockingQueue<Message> handled = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    manager.shutdown(Duration.ZERO);
  }

  @Test
  void fieldsTravelFromANamedProducerToAHandler() throws Exception {
    manager.createSimpleProducer("tracker", "actions");
    manager.createConsumer("audit", "actions", handled::add);

    SendResult sent = manager.send("tracker", Fields.of("user_id", 7, "action", "login"));

    Message message = next();
    assertEquals(Map.of("user_id", "7", "action", "login"), message.fields().asMap());
    assertEquals(sent.id(), message.id());
    assertEquals("actions", message.stream());
    assertEquals(((SendResult.Accepted) sent).position(), message.position());
  }

  @Test
  void aTypedPayloadTravelsAsJson() throws Exception {
    manager.createSimpleProducer("p", "orders");
    manager.createConsumer("c", "orders", handled::add);

    manager.sendPayload("p", "NEW_ORDER", Map.of("id", "ORD-1"));

    Message message = next();
    assertEquals("NEW_ORDER", message.type().orElseThrow());
    assertEquals("{\"id\":\"ORD-1\"}", message.fields().text(Message.PAYLOAD));
    assertEquals("ORD-1", message.as(Map.class).get("id"));
  }

  @Test
  void batchesKeepTheirOrder() throws Exception {
    var producer = manager.createSimpleProducer("p", "s");
    List<Fields> messages =
        java.util.stream.IntStream.range(0, 3_000).mapToObj(i -> Fields.of("n", i)).toList();

    List<SendResult> results = producer.sendAll(messages);

    manager.createConsumer("c", ConsumerConfig.builder("s").concurrency(1).build(), handled::add);
    for (int i = 0; i < 3_000; i++) {
      Message message = next();
      assertEquals(i, message.fields().integer("n"));
      assertEquals(results.get(i).id(), message.id());
    }
  }

  @Test
  void aTakenNameIsRefusedWithWhatHoldsIt() {
    manager.createSimpleProducer("orders", "s");
    var error =
        assertThrows(
            NameTakenException.class, () -> manager.createConsumer("orders", "s", handled::add));
    assertTrue(error.getMessage().contains("simple producer"), error.getMessage());
  }

  @Test
  void anUnknownNameIsRefusedWithNearMatches() {
    manager.createSimpleProducer("orders", "s");
    var error = assertThrows(UnknownNameException.class, () -> manager.producer("ordres"));
    assertEquals(List.of("orders"), error.nearMatches());
    assertTrue(error.getMessage().contains("Did you mean orders?"), error.getMessage());
  }

  @Test
  void aBadStreamNameIsRefusedAndNothingIsRegistered() {
    assertThrows(InvalidConfigException.class, () -> manager.createSimpleProducer("p", "a\nb"));
    assertEquals(List.of(), manager.components());
  }

  @Test
  void twoConfigurationsOfOneStreamConflictByName() {
    manager.createSimpleProducer("p1", StreamConfig.builder("s").maxLength(1000).build());
    manager.createSimpleProducer("p2", StreamConfig.builder("s").maxLength(1000).build());
    var other = StreamConfig.builder("s").maxLength(2000).build();
    var error =
        assertThrows(
            StreamConfigConflictException.class, () -> manager.createSimpleProducer("p3", other));
    assertTrue(error.differences().getFirst().startsWith("maxLength"), error.getMessage());

    manager.removeProducer("p1");
    manager.removeProducer("p2");
    manager.createSimpleProducer("p3", other);
  }

  @Test
  void componentsAreListedWithStateAndCounts() throws Exception {
    manager.createSimpleProducer("p", "s");
    manager.createConsumer("c", "s", handled::add);
    manager.send("p", Fields.of("a", 1));
    next();

    assertEquals(
        List.of("c", "cleaner:s", "cleaner:{s}:dead:workers", "p"),
        manager.components().stream().map(ComponentInfo::name).toList());
    assertEquals(1, manager.producers().getFirst().counts().get("accepted"));
    await().until(() -> manager.consumers().getFirst().counts().get("handled") == 1);
    assertEquals(Component.State.RUNNING, manager.consumers().getFirst().state());
  }

  @Test
  void aStoppedConsumerTakesNothingAndGoesOnWhenStarted() throws Exception {
    manager.createSimpleProducer("p", "s");
    manager.createConsumer("c", "s", handled::add);
    manager.send("p", Fields.of("n", 1));
    next();

    manager.stopConsumer("c");
    assertEquals(Component.State.STOPPED, manager.consumer("c").state());
    manager.send("p", Fields.of("n", 2));
    assertEquals(null, handled.poll(100, TimeUnit.MILLISECONDS));

    manager.startConsumer("c");
    assertEquals(2, next().fields().integer("n"));
  }

  @Test
  void aPausedConsumerTakesNothingUntilItIsResumed() throws Exception {
    manager.createSimpleProducer("p", "s");
    manager.createConsumer("c", "s", handled::add);
    manager.pauseConsumer("c");
    assertEquals(Component.State.PAUSED, manager.consumer("c").state());
    manager.send("p", Fields.of("n", 1));
    assertEquals(null, handled.poll(100, TimeUnit.MILLISECONDS));
    manager.resumeConsumer("c");
    assertEquals(1, next().fields().integer("n"));
  }

  @Test
  void aBatchConsumerTakesSeveralMessagesAtOnce() throws Exception {
    manager.createSimpleProducer("p", "s");
    var config = ConsumerConfig.builder("s").batch(3, java.time.Duration.ofSeconds(30)).build();
    manager.createBatchConsumer("c", config, handled::addAll);
    for (int i = 0; i < 3; i++) {
      manager.send("p", Fields.of("n", i));
    }
    assertEquals(0, next().fields().integer("n"));
    assertEquals(1, next().fields().integer("n"));
    assertEquals(2, next().fields().integer("n"));
  }

  @Test
  void aConsumerCanBeCreatedStopped() {
    manager.createConsumer("c", ConsumerConfig.builder("s").autoStart(false).build(), handled::add);
    assertEquals(Component.State.NEW, manager.consumer("c").state());
  }

  @Test
  void aRemovedNameIsFreeAgain() throws Exception {
    manager.createSimpleProducer("p", "s");
    var producer = manager.producer("p");
    manager.removeProducer("p");
    assertTrue(manager.find("p").isEmpty());
    assertThrows(InvalidStateException.class, () -> producer.send(Fields.of("a", 1)));
    assertThrows(InvalidStateException.class, producer::start);
    manager.createSimpleProducer("p", "s");
  }

  @Test
  void stoppingWaitsForRunningHandlersAndAcknowledgesThem() throws Exception {
    var begun = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    manager.createSimpleProducer("p", "s");
    manager.createConsumer(
        "c",
        "s",
        message -> {
          begun.countDown();
          release.await();
          handled.add(message);
        });
    manager.send("p", Fields.of("n", 1));
    assertTrue(begun.await(5, TimeUnit.SECONDS));

    Thread.startVirtualThread(
        () -> {
          await().until(() -> manager.consumer("c").state() == Component.State.DRAINING);
          release.countDown();
        });
    DrainReport report = manager.stopConsumer("c");

    assertEquals(1, report.finished());
    assertTrue(report.clean(), report.toString());
    assertEquals(1, handled.size());
    assertEquals(1, manager.consumers().getFirst().counts().get("handled"));
  }

  @Test
  void aHandlerThatOutlastsTheDeadlineIsCutOffAndItsMessageComesAgain() throws Exception {
    var attempts = new ConcurrentLinkedQueue<Integer>();
    var interrupted = new CountDownLatch(1);
    var begun = new CountDownLatch(1);
    manager.createSimpleProducer("p", "s");
    manager.createConsumer(
        "c",
        "s",
        (message, delivery) -> {
          attempts.add(delivery.attempt());
          if (delivery.attempt() == 1) {
            begun.countDown();
            try {
              new CountDownLatch(1).await();
            } finally {
              interrupted.countDown();
            }
          }
          handled.add(message);
          return dev.millrace.broker.api.Outcome.done();
        });
    manager.send("p", Fields.of("n", 1));
    assertTrue(begun.await(5, TimeUnit.SECONDS));

    DrainReport report = manager.consumer("c").stop(Duration.ofMillis(50));
    assertEquals(1, report.cutOff());
    assertTrue(interrupted.await(5, TimeUnit.SECONDS));

    manager.startConsumer("c");
    next();
    assertEquals(List.of(1, 2), List.copyOf(attempts));
  }

  @Test
  void shutdownClosesEverythingAndRefusesNewComponents() {
    manager.createSimpleProducer("p", "s");
    manager.createConsumer("c", "s", handled::add);
    var producer = manager.producer("p");
    var consumer = manager.consumer("c");

    DrainReport report = manager.shutdown(Duration.ofSeconds(5));

    assertTrue(report.clean(), report.toString());
    assertEquals(Component.State.CLOSED, producer.state());
    assertEquals(Component.State.CLOSED, consumer.state());
    assertEquals(List.of(), manager.components());
    assertEquals(report, manager.shutdown(Duration.ZERO));
    assertThrows(InvalidStateException.class, () -> manager.createSimpleProducer("again", "s"));
  }

  @Test
  void aHandlerMaySendWhileItIsDrained() throws Exception {
    manager.createSimpleProducer("in", "s");
    manager.createSimpleProducer("out", "t");
    var begun = new CountDownLatch(1);
    manager.createConsumer(
        "c",
        "s",
        message -> {
          begun.countDown();
          await().until(() -> manager.consumer("c").state() == Component.State.DRAINING);
          handled.add(message);
          manager.send("out", message.fields());
        });
    manager.send("in", Fields.of("n", 1));
    assertTrue(begun.await(5, TimeUnit.SECONDS));
    var out = manager.producer("out");

    DrainReport report = manager.shutdown(Duration.ofSeconds(10));

    assertTrue(report.clean(), report.toString());
    assertEquals(1, out.info().counts().get("accepted"));
  }

  @Test
  void aStreamInUseIsSharedByItsNameAlone() {
    manager.createSimpleProducer("p1", StreamConfig.builder("s").maxLength(1000).build());
    manager.createSimpleProducer("p2", "s");
    assertEquals(2, manager.producers().size());
  }

  @Test
  void aStreamNameMayBeAsLongAsTheRuleAllows() {
    manager.createSimpleProducer("p", "s".repeat(256));
    assertThrows(
        InvalidConfigException.class, () -> manager.createSimpleProducer("cleaner:s", "s"));
  }

  @Test
  void aDeadlineOfForEverIsADeadline() {
    manager.createSimpleProducer("p", "s");
    manager.createConsumer("c", "s", handled::add);
    assertTrue(manager.consumer("c").stop(Duration.ofSeconds(Long.MAX_VALUE)).clean());
    assertTrue(manager.shutdown(Duration.ofSeconds(Long.MAX_VALUE)).clean());
  }

  @Test
  void groupsEachGetEveryMessage() throws Exception {
    manager.createSimpleProducer("p", "s");
    manager.createConsumer("a", ConsumerConfig.builder("s").group("a").build(), handled::add);
    manager.createConsumer("b", ConsumerConfig.builder("s").group("b").build(), handled::add);
    manager.send("p", Fields.of("n", 1));
    next();
    next();
    assertEquals(null, handled.poll(100, TimeUnit.MILLISECONDS));
  }

  @Test
  void reservedFieldNamesAreRefusedOnSending() {
    manager.createSimpleProducer("p", "s");
    var error =
        assertThrows(
            InvalidConfigException.class, () -> manager.send("p", Fields.of("_id", 1, "_x", 2)));
    assertEquals(2, error.faults().size());
    assertFalse(error.getMessage().isBlank());
  }

  @Test
  void anErrorOfAHandlerIsListed() {
    manager.createSimpleProducer("p", "s");
    manager.createConsumer(
        "c",
        "s",
        (Message message) -> {
          throw new IllegalStateException("no stock");
        });
    manager.send("p", Fields.of("n", 1));
    await().until(() -> manager.consumers().getFirst().lastError().isPresent());
    assertTrue(manager.consumers().getFirst().lastError().orElseThrow().contains("no stock"));
    assertInstanceOf(Long.class, manager.consumers().getFirst().counts().get("failed"));
  }

  private Message next() throws InterruptedException {
    Message message = handled.poll(5, TimeUnit.SECONDS);
    assertTrue(message != null, "no message within 5 s");
    return message;
  }
}
