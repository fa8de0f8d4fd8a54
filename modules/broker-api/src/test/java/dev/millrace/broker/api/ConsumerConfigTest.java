package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConsumerConfigTest {
  @Test
  void defaultsAreThoseOfTheDocumentation() {
    var config = ConsumerConfig.of("s");
    assertEquals(Optional.empty(), config.handlerTimeout());
    assertEquals(100, config.batchSize());
    assertEquals(Duration.ofMillis(100), config.batchTime());
    assertEquals(Duration.ofSeconds(30), config.stallAfter());
    assertFalse(config.workQueue());
  }

  @Test
  void longLeaseIsAlsoTheTimeAfterWhichAConsumerStalls() {
    var config = ConsumerConfig.builder("s").lease(Duration.ofHours(1)).build();
    assertEquals(Duration.ofHours(1), config.stallAfter());
  }

  @Test
  void allFaultsAreReportedAtOnce() {
    var error =
        assertThrows(
            InvalidConfigException.class,
            () ->
                ConsumerConfig.builder("s")
                    .handlerTimeout(Duration.ZERO)
                    .batch(0, Duration.ofHours(1))
                    .stallAfter(Duration.ofMillis(1))
                    .build());
    assertEquals(4, error.faults().size());
  }

  @Test
  void configurationsWithTheSameValuesAreEqual() {
    var one = ConsumerConfig.builder("s").handlerTimeout(Duration.ofSeconds(1)).build();
    assertEquals(one, one.toBuilder().build());
    assertEquals(one.hashCode(), one.toBuilder().build().hashCode());
    assertNotEquals(one, one.toBuilder().workQueue(true).build());
    assertNotEquals(one, one.toBuilder().batch(7, Duration.ZERO).build());
  }
}
