package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class DurationsTest {
  @Test
  void readsEachUnit() {
    assertEquals(Duration.ofMillis(250), Durations.parse("250ms"));
    assertEquals(Duration.ofSeconds(30), Durations.parse("30s"));
    assertEquals(Duration.ofMinutes(5), Durations.parse("5m"));
    assertEquals(Duration.ofHours(2), Durations.parse("2h"));
    assertEquals(Duration.ofDays(30), Durations.parse("30d"));
  }

  @Test
  void refusesWhatHasNoUnitOrIsNegative() {
    assertThrows(TypeConversionException.class, () -> Durations.parse("30"));
    assertThrows(TypeConversionException.class, () -> Durations.parse("-1s"));
    assertThrows(TypeConversionException.class, () -> Durations.parse("99999999999999h"));
  }
}
