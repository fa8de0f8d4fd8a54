package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DrainReportTest {
  private static DrainReport report(long finished, long handedBack, long cutOff, int millis) {
    return new DrainReport(finished, handedBack, cutOff, Duration.ofMillis(millis), List.of());
  }

  @Test
  void addsUpAndKeepsTheShareOfEachComponent() {
    DrainReport worker = report(3, 2, 0, 40);
    DrainReport server = report(1, 0, 1, 90);
    DrainReport both = worker.shareOf("worker").plus(server.shareOf("server"));
    assertEquals(
        new DrainReport(
            4, 2, 1, Duration.ofMillis(90), List.of(), Map.of("worker", worker, "server", server)),
        both);
    assertFalse(both.clean());
    assertEquals(
        "finished 4, handed back 2, cut off 1, in 90 ms;"
            + " server: finished 1, handed back 0, cut off 1;"
            + " worker: finished 3, handed back 2, cut off 0",
        both.toString());
  }

  @Test
  void componentWithNothingToTellHasNoShare() {
    DrainReport idle = report(0, 0, 0, 5).shareOf("idle");
    assertEquals(Map.of(), idle.components());
    assertTrue(idle.clean());
  }

  @Test
  void sharesOfOneComponentAreAddedUp() {
    DrainReport twice = report(1, 0, 0, 1).shareOf("c").plus(report(2, 1, 0, 1).shareOf("c"));
    assertEquals(report(3, 1, 0, 1), twice.components().get("c"));
  }

  @Test
  void failuresAreTold() {
    var failed = new DrainReport(0, 0, 0, Duration.ZERO, List.of("backend: gone"));
    assertEquals(
        "finished 0, handed back 0, cut off 0, in 0 ms; failed: backend: gone", failed.toString());
  }
}
