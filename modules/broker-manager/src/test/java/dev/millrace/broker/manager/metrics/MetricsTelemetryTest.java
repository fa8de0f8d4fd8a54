package dev.millrace.broker.manager.metrics;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.codahale.metrics.MetricRegistry;
import org.junit.jupiter.api.Test;

class MetricsTelemetryTest {
  private final MetricRegistry registry = new MetricRegistry();
  private final MetricsTelemetry telemetry = new MetricsTelemetry(registry);

  @Test
  void countsAndTimesUnderTheirNames() {
    telemetry.count("consumer.received", "orders", 2);
    telemetry.count("consumer.received", "orders", 3);
    telemetry.time("consumer.handle", "orders", 7);
    assertEquals(5, registry.counter("millrace.consumer.received.orders").getCount());
    assertEquals(1, registry.timer("millrace.consumer.handle.orders").getCount());
  }

  @Test
  void nameThatTheApplicationHasTakenEndsNobodysWork() {
    registry.meter("millrace.consumer.received.orders");
    registry.meter("millrace.consumer.handle.orders");
    assertDoesNotThrow(() -> telemetry.count("consumer.received", "orders", 1));
    assertDoesNotThrow(() -> telemetry.time("consumer.handle", "orders", 1));
    assertEquals(0, registry.meter("millrace.consumer.received.orders").getCount());
  }
}
