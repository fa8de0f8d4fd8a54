package dev.millrace.broker.api.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasureTest {
  @Test
  void noTwoHaveOneName() {
    List<String> names = Arrays.stream(Measure.values()).map(Measure::label).toList();
    assertEquals(names.size(), new HashSet<>(names).size(), names::toString);
  }

  /** So that a name can be taken apart at its dots, whatever dots its component has. */
  @Test
  void eachIsTwoWordsInTheWayOfItsConstant() {
    for (Measure measure : Measure.values()) {
      assertTrue(measure.label().matches("[a-z_]+\\.[a-z_]+"), measure::label);
      assertEquals(
          measure.name(),
          measure.part().name() + "_" + measure.word().toUpperCase(java.util.Locale.ROOT),
          "as called");
    }
  }

  @Test
  void eachPartHasSome() {
    for (Measure.Part part : Measure.Part.values()) {
      assertTrue(!Measure.of(part).isEmpty(), part::name);
    }
  }
}
