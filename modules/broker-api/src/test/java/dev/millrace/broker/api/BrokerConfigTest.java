package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BrokerConfigTest {
  @Test
  void equalSettingsMakeEqualConfigurations() {
    var one = BrokerConfig.builder().appName("a").maxJobs(3).build();
    var other = BrokerConfig.builder().appName("a").maxJobs(3).build();
    assertEquals(one, other);
    assertEquals(one.hashCode(), other.hashCode());
  }

  @Test
  void aDifferentSettingMakesADifferentConfiguration() {
    var one = BrokerConfig.builder().build();
    assertNotEquals(one, BrokerConfig.builder().maxJobs(3).build());
    assertNotEquals(one, BrokerConfig.builder().maxRequests(3).build());
    assertNotEquals(one, BrokerConfig.builder().resultsKept(Duration.ofSeconds(1)).build());
    assertNotEquals(one, BrokerConfig.builder().consumerGroup("workers").build());
    assertNotEquals(
        one,
        BrokerConfig.builder().stream(
                StreamConfig.builder("tasks").sending(SendPolicy.plain()).build())
            .build());
  }

  @Test
  void faultsOfRequestsAreTold() {
    var faults =
        assertThrows(
            InvalidConfigException.class,
            () -> BrokerConfig.builder().maxRequests(0).resultsKept(Duration.ZERO).build());
    assertTrue(
        faults.getMessage().contains("maxRequests is 0; it goes from 1 to 10000"),
        faults::getMessage);
    assertTrue(
        faults.getMessage().contains("resultsKept is PT0S; it goes from PT0.1S to PT24H"),
        faults::getMessage);
  }
}
