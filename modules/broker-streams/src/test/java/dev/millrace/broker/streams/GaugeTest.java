package dev.millrace.broker.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class GaugeTest {
  private static final int THREADS = 4;
  private static final int PIECES = 50_000;

  private final Gauge gauge = new Gauge();

  @Test
  void doesNotWaitForNothing() {
    assertTrue(gauge.awaitZero(Duration.ZERO));
  }

  @Test
  void givesUpWaitingInTime() {
    gauge.up();
    assertFalse(gauge.awaitZero(Duration.ofMillis(1)));
    assertEquals(1, gauge.get());
  }

  @Test
  @Timeout(60)
  void nobodyMissesTheLastOfManyThatEndElsewhere() {
    for (int i = 0; i < THREADS * PIECES; i++) {
      gauge.up();
    }
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int t = 0; t < THREADS; t++) {
        pool.execute(
            () -> {
              for (int i = 0; i < PIECES; i++) {
                gauge.down();
              }
            });
      }
      assertTrue(gauge.awaitZero(Duration.ofSeconds(50)));
    }
    assertEquals(0, gauge.get());
  }
}
