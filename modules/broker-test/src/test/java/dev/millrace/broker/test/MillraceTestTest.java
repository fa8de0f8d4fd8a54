package dev.millrace.broker.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@MillraceTest(stream = "orders", consumerGroup = "shop")
class MillraceTestTest {
  @Test
  void allPartsBelongToOneBroker(
      InMemoryBroker whole,
      Broker broker,
      StreamManager streams,
      VirtualClock clock,
      Backend backend) {
    assertSame(whole.broker(), broker);
    assertSame(whole.streams(), streams);
    assertSame(whole.clock(), clock);
    assertSame(whole.backend(), backend);
  }

  @Test
  void tasksAreHandledUntilTheStreamIsIdle(InMemoryBroker test) {
    var handled = new CopyOnWriteArrayList<String>();
    test.broker().onTask("NEW_ORDER", Map.class, order -> handled.add("" + order.get("id")));
    test.broker().enqueue("NEW_ORDER", Map.of("id", "ORD-1"));
    test.broker().enqueue("NEW_ORDER", Map.of("id", "ORD-2"));
    test.awaitIdle("orders");
    assertEquals(List.of("ORD-1", "ORD-2"), handled.stream().sorted().toList());
    assertEquals(2, test.entries("orders").size());
  }

  @Test
  void fieldsReachAConsumer(InMemoryBroker test, StreamManager streams) {
    var seen = new CopyOnWriteArrayList<String>();
    streams.createSimpleProducer("clicks", "click_stream");
    streams.createConsumer(
        "counter",
        ConsumerConfig.builder("click_stream").group("counters").build(),
        message -> {
          seen.add(message.fields().text("action"));
        });
    streams.send("clicks", Fields.of("user_id", 7, "action", "login"));
    test.awaitIdle("click_stream");
    assertEquals(List.of("login"), seen);
  }

  @Test
  void retriesComeWhenTheClockIsMoved(InMemoryBroker test) {
    var attempts = new AtomicInteger();
    test.broker()
        .onTask(
            "FLAKY",
            Map.class,
            task -> {
              if (attempts.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
              }
            });
    test.broker().enqueue("FLAKY", Map.of());
    Awaitility.await()
        .until(
            () -> {
              test.advance(Duration.ofSeconds(10));
              return attempts.get() == 2;
            });
    test.awaitIdle("orders");
    assertEquals(2, attempts.get());
  }

  @Test
  void eachTestHasABrokerOfItsOwn(InMemoryBroker test) {
    assertTrue(test.entries("orders").isEmpty());
    test.broker().enqueue("NEW_ORDER", Map.of());
  }

  @Test
  void eachTestReallyHasABrokerOfItsOwn(InMemoryBroker test) {
    eachTestHasABrokerOfItsOwn(test);
  }

  @Nested
  class InANestedClass {
    @Test
    void settingsOfTheOuterClassHold(InMemoryBroker test) {
      test.broker().enqueue("NEW_ORDER", Map.of());
      assertEquals(1, test.entries("orders").size());
    }
  }

  @Test
  void wrongSettingsAreRefused() {
    assertThrows(
        dev.millrace.broker.api.InvalidConfigException.class,
        () -> InMemoryBroker.create(settings -> settings.maxJobs(0)));
  }
}
