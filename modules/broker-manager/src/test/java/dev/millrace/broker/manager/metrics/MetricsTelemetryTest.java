package dev.millrace.broker.manager.metrics;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.Clock;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measure.Part;
import dev.millrace.broker.api.spi.Measurements;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MetricsTelemetryTest {
  private final MetricRegistry registry = new MetricRegistry();
  private final MetricsTelemetry telemetry = new MetricsTelemetry(registry, Clock.defaultClock());

  private long count(String name) {
    return registry.getMeters().get("millrace." + name).getCount();
  }

  private Object level(String name) {
    return registry.getGauges().get("millrace." + name).getValue();
  }

  @Test
  void allMeasuresOfAComponentAreThereAtOnceAndGoWhenItIsClosed() {
    registry.counter("the application's");
    Measurements orders = telemetry.of("orders", Part.CONSUMER);
    Set<String> names =
        Measure.of(Part.CONSUMER).stream()
            .map(measure -> Metrics.name(measure, "orders"))
            .collect(Collectors.toSet());
    assertTrue(names.contains("millrace.consumer.dead_lettered.orders"), names::toString);
    names.add("the application's");
    assertEquals(names, registry.getNames());
    assertEquals(0, count("consumer.handled.orders"));
    orders.close();
    orders.close();
    assertEquals(Set.of("the application's"), registry.getNames());
  }

  @Test
  void countsTimesAndLevelsAreWhatWasTold() {
    Measurements orders = telemetry.of("orders", Part.CONSUMER);
    var kept = new AtomicLong(7);
    orders.count(Measure.CONSUMER_RECEIVED, 2);
    orders.count(Measure.CONSUMER_RECEIVED, 3);
    orders.read(Measure.CONSUMER_HANDLED, kept::get);
    orders.read(Measure.CONSUMER_LAG, () -> 40);
    orders.time(Measure.CONSUMER_HANDLING, 1_000_000);
    assertEquals(5, count("consumer.received.orders"));
    assertEquals(7, count("consumer.handled.orders"));
    kept.set(9);
    assertEquals(9, count("consumer.handled.orders"));
    assertEquals(40L, level("consumer.lag.orders"));
    Timer handling = registry.getTimers().get("millrace.consumer.handling.orders");
    assertEquals(1, handling.getCount());
    assertEquals(1_000_000, handling.getSnapshot().getMax(), 10_000.0);
  }

  @Test
  void componentsOfOneNameAreAddedUpUntilTheLastIsClosed() {
    Measurements one = telemetry.of("orders", Part.PRODUCER);
    Measurements two = telemetry.of("orders", Part.PRODUCER);
    one.read(Measure.PRODUCER_ACCEPTED, () -> 10);
    two.read(Measure.PRODUCER_ACCEPTED, () -> 5);
    one.read(Measure.PRODUCER_IN_FLIGHT, () -> 2);
    two.read(Measure.PRODUCER_IN_FLIGHT, () -> 1);
    assertEquals(15, count("producer.accepted.orders"));
    assertEquals(3L, level("producer.in_flight.orders"));
    one.close();
    assertEquals(15, count("producer.accepted.orders"), "a count does not fall");
    assertEquals(1L, level("producer.in_flight.orders"));
    two.close();
    assertEquals(Set.of(), registry.getNames());
  }

  @Test
  void aLevelOfWhichAPartIsUnknownIsUnknown() {
    Measurements one = telemetry.of("orders", Part.CONSUMER);
    one.read(Measure.CONSUMER_LAG, () -> 3);
    one.read(Measure.CONSUMER_LAG, () -> -1);
    assertEquals(-1L, level("consumer.lag.orders"));
  }

  @Test
  void anotherKindOrPartOfMeasureIsAMistakeInTheCode() {
    Measurements orders = telemetry.of("orders", Part.CONSUMER);
    var wrongPart =
        assertThrows(
            IllegalArgumentException.class, () -> orders.count(Measure.PRODUCER_ACCEPTED, 1));
    assertTrue(wrongPart.getMessage().contains("producer.accepted"), wrongPart::getMessage);
    assertThrows(IllegalArgumentException.class, () -> orders.count(Measure.CONSUMER_HANDLING, 1));
    assertThrows(IllegalArgumentException.class, () -> orders.time(Measure.CONSUMER_HANDLED, 1));
    assertThrows(
        IllegalArgumentException.class, () -> orders.read(Measure.CONSUMER_HANDLING, () -> 1));
  }

  @Test
  void nameThatTheApplicationHasTakenEndsNobodysWorkAndStaysTheApplications() {
    registry.meter("millrace.consumer.received.orders");
    registry.meter("millrace.consumer.handling.orders");
    Measurements orders = telemetry.of("orders", Part.CONSUMER);
    assertDoesNotThrow(() -> orders.count(Measure.CONSUMER_RECEIVED, 1));
    assertDoesNotThrow(() -> orders.time(Measure.CONSUMER_HANDLING, 1));
    assertEquals(0, count("consumer.received.orders"));
    orders.close();
    assertEquals(
        Set.of("millrace.consumer.received.orders", "millrace.consumer.handling.orders"),
        registry.getNames());
  }
}
