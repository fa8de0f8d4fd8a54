package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

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
    assertNotEquals(one, BrokerConfig.builder().consumerGroup("workers").build());
    assertNotEquals(
        one,
        BrokerConfig.builder().stream(
                StreamConfig.builder("tasks").sending(SendPolicy.plain()).build())
            .build());
  }
}
