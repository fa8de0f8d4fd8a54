package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BrokerTest {
  public record Order(String id, int quantity) {}

  private final Broker broker =
      Broker.connect(
          "memory:",
          b ->
              b.stream("task_queue")
                  .consumerGroup("main_group")
                  .maxJobs(10)
                  .retry(
                      RetryPolicy.builder()
                          .maxAttempts(3)
                          .firstDelay(Duration.ofMillis(5))
                          .build()));
  private final BlockingQueue<Object> handled = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    broker.shutdown(Duration.ZERO);
  }

  @Test
  void aTaskReachesTheHandlerOfItsType() throws Exception {
    broker.onTask("NEW_ORDER", Order.class, handled::add);
    broker.start();
    broker.enqueue("NEW_ORDER", new Order("ORD-12345", 2));
    assertEquals(new Order("ORD-12345", 2), next());
  }

  @Test
  void aTaskSentBeforeTheFirstWorkerRuns() throws Exception {
    broker.enqueue("NEW_ORDER", new Order("early", 1));
    broker.onTask("NEW_ORDER", Order.class, handled::add);
    broker.start();
    assertEquals(new Order("early", 1), next());
  }

  @Test
  void aBrokerThatOnlySendsStartsNoReader() {
    broker.enqueue("NEW_ORDER", new Order("a", 1));
    broker.start();
    assertEquals(List.of(), broker.streams().consumers());
  }

  @Test
  void aHandlerRegisteredWhileRunningTakesPart() throws Exception {
    broker.start();
    broker.onTask("LATE", Order.class, handled::add);
    broker.enqueue("LATE", new Order("a", 1));
    assertEquals(new Order("a", 1), next());
  }

  @Test
  void routesCanShareAPrefix() throws Exception {
    broker.prefix("orders").prefix("eu").onTask("created", Order.class, handled::add);
    broker.start();
    broker.enqueue("orders.eu.created", new Order("a", 1));
    assertEquals(new Order("a", 1), next());
  }

  @Test
  void aTypeHasOneHandler() {
    broker.onTask("A", Order.class, handled::add);
    assertThrows(NameTakenException.class, () -> broker.onTask("A", Order.class, handled::add));
  }

  @Test
  void aFailedTaskIsTriedAgain() throws Exception {
    var attempts = new AtomicInteger();
    broker.onTask(
        "FLAKY",
        Order.class,
        order -> {
          if (attempts.incrementAndGet() < 3) {
            throw new IllegalStateException("not yet");
          }
          handled.add(order);
        });
    broker.start();
    broker.enqueue("FLAKY", new Order("a", 1));
    assertEquals(new Order("a", 1), next());
    assertEquals(3, attempts.get());
  }

  @Test
  void aTaskThatAlwaysFailsBecomesADeadLetterWithItsIdAndReason() throws Exception {
    broker.onTask(
        "BROKEN",
        Order.class,
        (Order order) -> {
          throw new IllegalStateException("no stock");
        });
    broker.start();
    SendResult sent =
        broker.enqueue("BROKEN", new Order("a", 1), SendOptions.none().key("k").header("h", "v"));

    Message dead = nextDeadLetter();
    assertEquals(sent.id(), dead.id());
    assertEquals("BROKEN", dead.type().orElseThrow());
    assertEquals("k", dead.key().orElseThrow());
    assertEquals("v", dead.headers().get("h"));
    assertEquals("3", dead.headers().get("dead.attempts"));
    assertEquals("task_queue", dead.headers().get("dead.stream"));
    assertEquals("java.lang.IllegalStateException", dead.headers().get("dead.error"));
    assertTrue(dead.headers().get("dead.reason").contains("no stock"));
    assertTrue(dead.headers().get("dead.stack").contains("BrokerTest"));
    assertEquals(new Order("a", 1), dead.as(Order.class));
  }

  @Test
  void aPayloadThatDoesNotFitIsADeadLetterAtOnce() throws Exception {
    broker.onTask("NEW_ORDER", Order.class, handled::add);
    broker.start();
    broker.enqueue("NEW_ORDER", List.of("not", "an", "order"));
    Message dead = nextDeadLetter();
    assertEquals("1", dead.headers().get("dead.attempts"));
    assertTrue(dead.headers().get("dead.reason").contains("cannot be decoded"));
  }

  @Test
  void anErrorThrownByAHandlerIsAFailureLikeAnyOther() throws Exception {
    broker.onTask(
        "DEEP",
        Order.class,
        (Order order) -> {
          throw new StackOverflowError();
        });
    broker.onTask("FINE", Order.class, handled::add);
    broker.start();
    broker.enqueue("DEEP", new Order("a", 1));
    broker.enqueue("FINE", new Order("b", 1));
    assertEquals(new Order("b", 1), next());
    assertEquals("java.lang.StackOverflowError", nextDeadLetter().headers().get("dead.error"));
  }

  @Test
  void outcomesDecideWhatBecomesOfATask() throws Exception {
    broker.onTask("SKIP", Order.class, (order, delivery) -> Outcome.skip("seen before"));
    broker.onTask("DEAD", Order.class, (order, delivery) -> Outcome.deadLetter("fraud"));
    broker.onTask(
        "AGAIN",
        Order.class,
        (order, delivery) -> {
          handled.add(delivery.attempt());
          return delivery.attempt() == 1 ? Outcome.retry(Duration.ZERO) : Outcome.done();
        });
    broker.start();
    broker.enqueue("SKIP", new Order("a", 1));
    broker.enqueue("DEAD", new Order("b", 1));
    broker.enqueue("AGAIN", new Order("c", 1));
    assertEquals(1, next());
    assertEquals(2, next());
    assertEquals("fraud", nextDeadLetter().headers().get("dead.reason"));
    await().until(() -> count("skipped") == 1 && count("handled") == 1);
  }

  @Test
  void aTypeWithoutHandlerIsReleasedAndNotFailed() throws Exception {
    broker.onTask("KNOWN", Order.class, handled::add);
    broker.start();
    broker.enqueue("UNKNOWN", new Order("a", 1));
    await().until(() -> count("unhandled") >= 1);
    assertEquals(0, count("dead-lettered"));
    broker.onTask("UNKNOWN", Order.class, handled::add);
    assertEquals(new Order("a", 1), next());
  }

  @Test
  void deliveriesThatFoundNoHandlerDoNotCountAsAttempts() throws Exception {
    var handlerCalls = new AtomicInteger();
    broker.onTask("KNOWN", Order.class, handled::add);
    broker.start();
    broker.enqueue("LATE", new Order("a", 1));
    await().until(() -> count("unhandled") >= 2);
    assertEquals(0, count("failed"));
    broker.onTask(
        "LATE",
        Order.class,
        order -> {
          if (handlerCalls.incrementAndGet() < 3) {
            throw new IllegalStateException("not yet");
          }
          handled.add(order);
        });
    assertEquals(new Order("a", 1), next());
    assertEquals(0, count("dead-lettered"));
  }

  @Test
  void aMessageAsPayloadTypeIsTheMessageItself() throws Exception {
    broker.onTask("RAW", Message.class, handled::add);
    broker.start();
    broker.enqueue("RAW", List.of(1, 2));
    assertEquals("[1,2]", ((Message) next()).fields().text(Message.PAYLOAD));
  }

  @Test
  void maxJobsBoundsWhatRunsAtOnce() throws Exception {
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    broker.onTask(
        "SLOW",
        Integer.class,
        (Integer n) -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          Thread.yield();
          running.decrementAndGet();
          handled.add(n);
        });
    broker.start();
    broker.enqueueAll("SLOW", java.util.stream.IntStream.range(0, 2_000).boxed().toList());
    for (int i = 0; i < 2_000; i++) {
      next();
    }
    assertTrue(most.get() <= 10, "ran at once: " + most);
  }

  @Test
  void runBlocksUntilTheBrokerIsClosed() throws Exception {
    broker.onTask("NEW_ORDER", Order.class, handled::add);
    Thread runner = Thread.ofVirtual().start(broker::run);
    broker.enqueue("NEW_ORDER", new Order("a", 1));
    next();
    assertTrue(runner.isAlive());
    broker.close();
    assertTrue(runner.join(Duration.ofSeconds(5)));
  }

  @Test
  void anInterruptEndsRunWithADrain() throws Exception {
    broker.onTask("NEW_ORDER", Order.class, handled::add);
    Thread runner = Thread.ofVirtual().start(broker::run);
    await().until(() -> !broker.streams().consumers().isEmpty());
    runner.interrupt();
    assertTrue(runner.join(Duration.ofSeconds(5)));
    assertEquals(List.of(), broker.streams().components());
  }

  @Test
  void aWrongSchemeNamesThoseThereAre() {
    var error =
        assertThrows(InvalidConfigException.class, () -> Broker.connect("rabbit://user:pw@h"));
    assertTrue(error.getMessage().contains("memory"), error.getMessage());
    assertTrue(error.getMessage().contains("redis"), error.getMessage());
    assertFalse(error.getMessage().contains("pw"), error.getMessage());
  }

  @Test
  void allSettingsAreCheckedAtOnce() {
    var error =
        assertThrows(
            InvalidConfigException.class,
            () -> Broker.connect("memory:", b -> b.stream("").maxJobs(0).consumerGroup("{g}")));
    assertEquals(3, error.faults().size());
  }

  private long count(String what) {
    return broker.streams().consumers().getFirst().counts().get(what);
  }

  private Object next() throws InterruptedException {
    Object value = handled.poll(5, TimeUnit.SECONDS);
    assertTrue(value != null, "nothing handled within 5 s");
    return value;
  }

  private Message nextDeadLetter() throws InterruptedException {
    var dead = new LinkedBlockingQueue<Message>();
    broker
        .streams()
        .createConsumer(
            "dead-reader",
            ConsumerConfig.of("{task_queue}:dead:main_group"),
            (Message message) -> {
              dead.add(message);
            });
    Message message = dead.poll(5, TimeUnit.SECONDS);
    assertTrue(message != null, "no dead letter within 5 s");
    return message;
  }
}
