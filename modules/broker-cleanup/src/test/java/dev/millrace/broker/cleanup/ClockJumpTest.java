package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server's clock that is set forward makes nothing go before its time. */
class ClockJumpTest {
  private final VirtualClock clock = Rig.clock();
  private final Rig rig = new Rig(clock, "me");
  private final Rig other = new Rig(clock, "other");

  @AfterEach
  void close() {
    rig.close();
    other.close();
  }

  private Instant latest() {
    return latest(rig);
  }

  private static Instant latest(Rig rig) {
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

  @Test
  void whoTakesOverBecauseTheJumpEndedTheLeaseDoesNotBelieveIt() {
    rig.start(Rig.history().maxAge(Duration.ofHours(6)).cleanupInterval(Duration.ofMinutes(10)));
    clock.advance(Duration.ofSeconds(90));
    var follower = other.start(Rig.history().maxAge(Duration.ofHours(6)));
    rig.append(100);
    clock.advance(Duration.ofMinutes(5));
    jump();
    clock.advance(Duration.ofSeconds(67));
    assertEquals(1, follower.info().counts().get("leader"));
    assertEquals(0, Duration.between(latest(other), clock.now()).toMinutes(), 2);
    clock.advance(Duration.ofHours(5));
    assertEquals(0, Duration.between(latest(other), clock.now()).toMinutes(), 2);
    clock.advance(Duration.ofHours(2));
    assertTrue(latest(other).isAfter(clock.now().plus(Duration.ofDays(29))));
  }

  @Test
  void aFollowerThatSawTheJumpHoldsItByWhatIsStoredWithTheStream() {
    rig.start(Rig.history().cleanupInterval(Duration.ofMinutes(90)));
    clock.advance(Duration.ofSeconds(90));
    var follower = other.start(Rig.history().maxAge(Duration.ofMinutes(1)));
    other.settings = Map.of("maxAge", "P1D");
    rig.append(100);
    clock.advance(Duration.ofMinutes(5));
    rig.serverAhead = Duration.ofDays(30);
    other.serverAhead = Duration.ofDays(30);
    clock.advance(Duration.ofHours(3));
    assertEquals(0, follower.info().counts().get("leader"));
    jump();
    clock.advance(Duration.ofSeconds(67));
    assertEquals(1, follower.info().counts().get("leader"));
    assertEquals(0, Duration.between(latest(other), clock.now()).toMinutes(), 2);
  }

  /** As Redis does, which ends leases by its own clock. */
  private void jump() {
    rig.serverAhead = Duration.ofDays(30);
    other.serverAhead = Duration.ofDays(30);
    rig.store
        .facet(Coordination.class)
        .orElseThrow()
        .release("cleaner:s", rig.holder)
        .toCompletableFuture()
        .join();
  }

  @Test
  void aJumpAfterAStreamWasMadeIsNoticedByACleanerThatWasThereBefore() {
    rig.start(Rig.history().maxAge(Duration.ofHours(6)));
    clock.advance(Duration.ofHours(3));
    rig.append(100);
    rig.serverAhead = Duration.ofDays(30);
    clock.advance(Duration.ofMinutes(5));
    assertTrue(rig.asked("trim") > 0);
    assertEquals(100, rig.length());
    assertEquals(0, Duration.between(latest(), clock.now()).toMinutes(), 2);
  }
}
