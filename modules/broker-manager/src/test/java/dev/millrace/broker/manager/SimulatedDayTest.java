package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Nothing that is written lives for ever by accident: a day of traffic leaves memory as it was. */
class SimulatedDayTest {
  private static final int HOUR = 60;
  private static final int EACH_MINUTE = 20;
  private static final List<String> STREAMS =
      List.of("orders", "{orders}:dead:workers", "logs", "history");

  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final MemoryBackend backend =
      MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
  private final AtomicLong handled = new AtomicLong();
  private long sent;

  @Test
  void aSimulatedDayLeavesMemoryFlat() {
    RetentionPolicy anHour = RetentionPolicy.builder().maxAge(Duration.ofHours(1)).build();
    BrokerConfig config = BrokerConfig.builder().retention("{orders}:dead:*", anHour).build();
    try (backend;
        var manager = StreamManager.on(backend, config)) {
      Producer orders = manager.createSimpleProducer("orders", orders());
      Producer logs = manager.createSimpleProducer("logs", logs());
      Producer history = manager.createSimpleProducer("history", history());
      manager.createConsumer("shop", ConsumerConfig.of("orders"), this::handle);
      var slow = ConsumerConfig.builder("logs").group("slow").build();
      manager.createConsumer("slow", slow, (Message message) -> {});
      manager.pauseConsumer("slow");

      Map<String, Long> early = Map.of();
      for (int minute = 0; minute <= 24 * HOUR; minute++) {
        if (minute == 3 * HOUR) {
          early = sizes();
        }
        send(orders, logs, history);
        clock.advance(Duration.ofMinutes(1));
      }
      Map<String, Long> late = sizes();

      for (var each : early.entrySet()) {
        assertTrue(each.getValue() > 0, each::toString);
        assertEquals(
            each.getValue(),
            late.get(each.getKey()),
            each.getValue() * 0.1,
            () -> "after hour 3 and hour 24: " + each.getKey());
      }
      assertTrue(
          manager.find("cleaner:logs").orElseThrow().info().counts().get("dropped") > 0,
          "the slow group has lost logs");
    }
  }

  private static StreamConfig orders() {
    return StreamConfig.builder("orders").groups("workers").maxAge(Duration.ofHours(1)).build();
  }

  private static StreamConfig logs() {
    return StreamConfig.builder("logs")
        .priority(Priority.LOW)
        .overflow(Overflow.drop())
        .maxLength(500)
        .build();
  }

  private static StreamConfig history() {
    return StreamConfig.builder("history").history(true).maxAge(Duration.ofHours(2)).build();
  }

  // Each tenth is no good.
  private Outcome handle(Message message, dev.millrace.broker.api.Delivery delivery) {
    handled.incrementAndGet();
    return message.fields().integer("n") % 10 == 0
        ? Outcome.deadLetter("each tenth is no good")
        : Outcome.done();
  }

  private void send(Producer orders, Producer logs, Producer history) {
    for (int i = 0; i < EACH_MINUTE; i++) {
      // Ids of the caller's, each sent twice.
      var id = SendOptions.none().id("order-" + sent);
      orders.send(Fields.of("n", sent), id);
      orders.send(Fields.of("n", sent), id);
      logs.send(Fields.of("line", "the " + sent + "th line"));
      history.send(Fields.of("n", sent));
      sent++;
    }
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> handled.get() == sent && pending() == 0);
  }

  private long pending() {
    return backend.log().describe("orders").toCompletableFuture().join().groups().stream()
        .mapToLong(group -> group.pending())
        .sum();
  }

  /** How long each stream is, and what the backend thinks that all of it takes. */
  private Map<String, Long> sizes() {
    var sizes = new TreeMap<String, Long>();
    for (String stream : STREAMS) {
      sizes.put(stream, backend.log().describe(stream).toCompletableFuture().join().length());
    }
    Trimming trimming = backend.facet(Trimming.class).orElseThrow();
    sizes.put("bytes in use", trimming.memory().toCompletableFuture().join().used());
    return sizes;
  }
}
