package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  @Test
  void delaysDoubleUpToTheLongest() {
    var policy = RetryPolicy.builder().maxDelay(Duration.ofSeconds(5)).jitter(0).build();
    assertEquals(Duration.ofSeconds(1), policy.delayAfter(1, 0.5));
    assertEquals(Duration.ofSeconds(2), policy.delayAfter(2, 0.5));
    assertEquals(Duration.ofSeconds(4), policy.delayAfter(3, 0.5));
    assertEquals(Duration.ofSeconds(5), policy.delayAfter(4, 0.5));
    assertEquals(Duration.ofSeconds(5), policy.delayAfter(5_000, 0.5));
  }

  @Test
  void jitterSpreadsAroundTheDelay() {
    var policy = RetryPolicy.builder().jitter(0.5).build();
    assertEquals(Duration.ofMillis(500), policy.delayAfter(1, 0));
    assertEquals(Duration.ofMillis(1000), policy.delayAfter(1, 0.5));
  }

  @Test
  void allFaultsAreReportedAtOnce() {
    var error =
        assertThrows(
            InvalidConfigException.class,
            () -> RetryPolicy.builder().maxAttempts(0).multiplier(0.5).jitter(2).build());
    assertEquals(3, error.faults().size());
  }

  @Test
  void mostSpecificClassOfAnErrorDecides() {
    var general = RetryPolicy.builder().maxAttempts(7).build();
    var policy =
        RetryPolicy.builder()
            .on(RuntimeException.class, general)
            .deadLetterOn(IllegalArgumentException.class)
            .build();
    assertEquals(1, policy.policyFor(new IllegalArgumentException("x")).maxAttempts());
    assertEquals(1, policy.policyFor(new NumberFormatException("x")).maxAttempts());
    assertSame(general, policy.policyFor(new IllegalStateException("x")));
    assertSame(policy, policy.policyFor(new java.io.IOException("x")));
  }

  @Test
  void rulesWithinARuleAreAFault() {
    var nested = RetryPolicy.builder().deadLetterOn(IllegalStateException.class).build();
    var error =
        assertThrows(
            InvalidConfigException.class,
            () -> RetryPolicy.builder().maxCrashes(0).on(RuntimeException.class, nested).build());
    assertEquals(2, error.faults().size());
  }

  @Test
  void policiesWithTheSameValuesAreEqual() {
    assertEquals(
        RetryPolicy.builder().maxCrashes(2).deadLetterOn(Error.class).build(),
        RetryPolicy.builder().maxCrashes(2).deadLetterOn(Error.class).build());
    assertNotEquals(RetryPolicy.builder().maxCrashes(2).build(), RetryPolicy.defaults());
  }
}
