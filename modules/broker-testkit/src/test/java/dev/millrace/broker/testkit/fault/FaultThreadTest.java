package dev.millrace.broker.testkit.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultThreadTest {
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  private FaultThread.Builder seeded(long seed) {
    var builder = FaultThread.seeded(seed).rounds(3);
    for (String name : List.of("a", "b", "c", "d", "e")) {
      builder.fault(name, () -> log.add("+" + name), () -> log.add("-" + name));
    }
    return builder
        .pauses(Duration.ZERO, Duration.ofMillis(2))
        .holds(Duration.ZERO, Duration.ofMillis(2));
  }

  @Test
  void sameSeedHasTheSameOrderAndPauses() {
    assertEquals(seeded(7).build().plan(), seeded(7).build().plan());
    assertNotEquals(seeded(7).build().plan(), seeded(8).build().plan());
  }

  @Test
  void everyFaultComesOnceInEachRound() {
    var names = seeded(1).build().plan().stream().map(FaultThread.Step::fault).toList();
    for (int round = 0; round < 3; round++) {
      assertEquals(
          List.of("a", "b", "c", "d", "e"),
          names.subList(round * 5, round * 5 + 5).stream().sorted().toList());
    }
  }

  @Test
  void faultsAreHealedBeforeTheNextOne() {
    try (var faults = seeded(3).build().start()) {
      faults.join(Duration.ofSeconds(10));
      var expected = new ArrayList<String>();
      for (var step : faults.plan()) {
        expected.add("+" + step.fault());
        expected.add("-" + step.fault());
      }
      assertEquals(expected, log);
      assertEquals(faults.plan().stream().map(FaultThread.Step::fault).toList(), faults.done());
    }
  }

  @Test
  void closingHealsTheFaultOfTheMoment() {
    var faults =
        FaultThread.seeded(1)
            .fault("long", () -> log.add("+"), () -> log.add("-"))
            .pauses(Duration.ZERO, Duration.ZERO)
            .holds(Duration.ofMinutes(5), Duration.ofMinutes(5))
            .build()
            .start();
    org.awaitility.Awaitility.await().until(() -> log.contains("+"));
    faults.close();
    assertEquals(List.of("+", "-"), log);
  }

  @Test
  void faultThatCannotBeMadeFailsTheRunAndIsHealed() {
    var faults =
        FaultThread.seeded(1)
            .fault(
                "broken",
                () -> {
                  throw new IllegalStateException("no such process");
                },
                () -> log.add("-"))
            .pauses(Duration.ZERO, Duration.ZERO)
            .build()
            .start();
    assertThrows(AssertionError.class, () -> faults.join(Duration.ofSeconds(10)));
    assertEquals(List.of("-"), log);
  }
}
