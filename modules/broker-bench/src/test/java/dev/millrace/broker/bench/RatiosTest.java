package dev.millrace.broker.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RatiosTest {
  private final Random random = new Random(11);

  /** Sixty rounds on a machine that is now and then three times as slow, in all of a round. */
  private Ratios.Interval of(double cost) {
    var ratios = new Ratios();
    for (int i = 0; i < 60; i++) {
      double machine = 1 + 2 * random.nextDouble();
      ratios.add(machine * cost * noise(), machine * noise());
    }
    return ratios.interval();
  }

  private double noise() {
    return 1 + 0.02 * random.nextGaussian();
  }

  @Test
  void aCostThatIsThereIsToldApartFromNoise() {
    Ratios.Interval off = of(1);
    Ratios.Interval on = of(1.04);
    assertTrue(off.low() < 1 && 1 < off.high(), off::toString);
    assertEquals(1.04, on.middle(), 0.015);
    assertFalse(on.meets(off), () -> on + " and " + off);
    assertFalse(off.meets(on));
  }

  @Test
  void whatCostsNothingIsNotToldApart() {
    assertTrue(of(1).meets(of(1)));
  }

  @Test
  void theMiddleHalfDecides() {
    assertEquals(2.5, Ratios.middle(List.of(3.0, 1e9, 2.0, -5.0)));
    assertEquals(7, Ratios.middle(List.of(7.0)));
  }
}
