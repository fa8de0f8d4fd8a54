package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server's clock that is set forward makes nothing go before its time. */
class ClockJumpTest {
  private final VirtualClock clock = Rig.clock();
  private final Rig rig = new Rig(clock, "me");

  @AfterEach
  void close() {
    rig.close();
  }

  private Instant latest() {
    return rig.trims.getLast().latest().orElseThrow();
  }

  @Test
  void agesAreCountedByTheSteadyTimeUntilMaxAgeHasPassed() {
    rig.start(Rig.history().maxAge(Duration.ofHours(6)));
    rig.append(100);
    clock.advance(Duration.ofHours(1));
    rig.serverAhead = Duration.ofDays(30);
    clock.advance(Duration.ofHours(5));
    assertEquals(0, Duration.between(latest(), clock.now()).toMinutes(), 2);
    clock.advance(Duration.ofHours(2));
    assertTrue(latest().isAfter(clock.now().plus(Duration.ofDays(29))));
  }

  @Test
  void theFloorByAgeHoldsForALengthToo() {
    rig.start(Rig.history().maxLength(10).minRetentionTime(Duration.ofHours(2)));
    rig.append(100);
    clock.advance(Duration.ofMinutes(10));
    rig.serverAhead = Duration.ofDays(30);
    clock.advance(Duration.ofMinutes(90));
    assertEquals(0, Duration.between(latest(), clock.now()).toMinutes(), 2);
  }

  @Test
  void aJumpWhileTheCleanerStoodStillIsNoticed() {
    var cleaner = rig.start(Rig.history().maxAge(Duration.ofHours(6)));
    rig.append(100);
    clock.advance(Duration.ofHours(1));
    cleaner.stop(Duration.ZERO);
    rig.serverAhead = Duration.ofDays(30);
    cleaner.start();
    clock.advance(Duration.ofHours(1));
    assertEquals(0, Duration.between(latest(), clock.now()).toMinutes(), 2);
  }
}
