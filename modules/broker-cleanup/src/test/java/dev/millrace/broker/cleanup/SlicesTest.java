package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SlicesTest {
  private final Slices slices = new Slices(100);

  private int after(long... millis) {
    for (long each : millis) {
      slices.took(Duration.ofMillis(each));
    }
    return slices.size();
  }

  @Test
  void growWhileTheBackendAnswersAtOnce() {
    assertEquals(100, slices.size());
    assertEquals(400, after(1));
    assertEquals(6_400, after(1, 1));
    assertEquals(100_000, after(1, 1, 1, 1));
  }

  @Test
  void growMoreSlowlyWhenTheBackendHasWorkWithThem() {
    after(1);
    assertEquals(800, after(3));
  }

  @Test
  void shrinkToTheFirstWhenTheBackendIsBusy() {
    after(1, 1, 1);
    assertEquals(3_200, after(9));
    assertEquals(100, after(9, 9, 9, 9, 9, 9));
  }

  @Test
  void aLongWayToTheBackendIsNoWorkOfTheBackend() {
    assertEquals(1_600, after(40, 41));
    assertEquals(800, after(44));
  }

  @Test
  void shrinkBelowTheFirstWhereTheBackendTakesLong() {
    after(1);
    assertEquals(25, after(50, 50, 50, 50));
    assertEquals(1, after(50, 50, 50, 50, 50));
    assertEquals(4, after(1));
  }

  @Test
  void stayBelowTheFirstWhileTheBackendHasWorkWithThem() {
    after(1);
    assertEquals(25, after(12, 12, 12, 12));
    assertEquals(25, after(9));
  }

  @Test
  void aFirstSliceThatWasSlowItselfIsNoLongWay() {
    int largest = 0;
    for (int i = 0; i < 40; i++) {
      slices.took(Duration.ofNanos(520_000L * slices.size()));
      largest = i < 10 ? 0 : Math.max(largest, slices.size());
    }
    assertTrue(largest <= 50, "slices of " + largest);
  }

  @Test
  void aFirstSliceBeyondTheLargestStaysAsItIs() {
    var large = new Slices(200_000);
    large.took(Duration.ZERO);
    assertEquals(200_000, large.size());
  }
}
