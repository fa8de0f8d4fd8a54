package dev.millrace.broker.testkit.fault;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class EvidenceTest {
  @Test
  void faultWithItsEffectsIsNoEmptyTest() {
    new Evidence().of("a reply was swallowed", 3).of("the process died", true).assertSeen();
  }

  @Test
  void faultWithoutAnEffectIsVacuous() {
    var evidence = new Evidence().of("a reply was swallowed", 0).of("the process died", true);
    String said = assertThrows(AssertionError.class, evidence::assertSeen).getMessage();
    assertTrue(said.contains("vacuous: the fault had no effect: a reply was swallowed"), said);
  }

  @Test
  void lookingForNothingIsVacuous() {
    assertThrows(AssertionError.class, () -> new Evidence().assertSeen());
  }
}
