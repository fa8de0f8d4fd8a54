package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.models.stream.PendingMessage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClockGuardTest {
  private static final long HOUR = 3_600_000;
  private static final long LEASE = 30_000;

  private final ClockGuard guard = new ClockGuard();
  private long server = 1_700_000_000_000L;
  private long local = 77;

  @Test
  void believesClocksThatGoTogether() {
    look();
    pass(15_000);
    assertEquals(ClockGuard.Step.NONE, look());
    assertEquals(LEASE, guard.leastIdle(LEASE, local));
    assertFalse(guard.hidesAge(local));
  }

  @Test
  void asksForAsMuchMoreAsTheClockWentForwardUntilALeaseHasPassed() {
    look();
    pass(15_000);
    server += HOUR;
    assertEquals(ClockGuard.Step.FORWARD, look());
    assertTrue(guard.leastIdle(LEASE, local) > HOUR);
    assertTrue(guard.leastIdle(10 * LEASE, local) > HOUR + 9 * LEASE);
    pass(LEASE + 1);
    assertEquals(ClockGuard.Step.NONE, look());
    assertEquals(LEASE, guard.leastIdle(LEASE, local));
    assertTrue(guard.leastIdle(10 * LEASE, local) > HOUR);
  }

  @Test
  void agesAreHiddenUntilTheClockThatWentBackHasCaughtUp() {
    look();
    pass(15_000);
    server -= HOUR;
    assertEquals(ClockGuard.Step.BACKWARD, look());
    assertTrue(guard.hidesAge(local));
    assertEquals(LEASE, guard.leastIdle(LEASE, local));
    pass(HOUR + 1_000);
    assertFalse(guard.hidesAge(local));
  }

  @Test
  void aSlowAnswerIsNoStep() {
    look();
    long sent = local;
    pass(20_000);
    assertEquals(ClockGuard.Step.NONE, guard.saw(server, sent, local));
    long asked = local;
    server += 10;
    pass(20_000);
    assertEquals(ClockGuard.Step.NONE, guard.saw(server - 20_000, asked, local));
  }

  @Test
  void whenTheServerWasAwayOwnersGetTimeToRenewAndWhatWasHandedBackGoesOn() {
    guard.reconnected(local, LEASE);
    assertEquals(ClockGuard.HANDED_BACK_MILLIS, guard.leastIdle(LEASE, local));
    pass(LEASE / 2);
    guard.reconnected(local, LEASE); // again, and yet no longer
    pass(501);
    assertEquals(LEASE, guard.leastIdle(LEASE, local));
  }

  @Test
  void recoversWhatStandsStillForALeaseWhileAgesAreHidden() {
    var standstill = new Standstill();
    assertFalse(standstill.expired(row("dead", 0, 1), LEASE, local));
    pass(15_000);
    assertFalse(standstill.expired(row("dead", 0, 1), LEASE, local));
    pass(15_000);
    assertTrue(standstill.expired(row("dead", 0, 1), LEASE, local));
  }

  @Test
  void leavesAloneWhatIsRenewedOrChangesHandsWhileAgesAreHidden() {
    var standstill = new Standstill();
    for (int look = 0; look < 10; look++) {
      assertFalse(standstill.expired(row("renews", look % 2 * 5_000, 1), LEASE, local));
      pass(15_000);
    }
    assertFalse(standstill.expired(row("one", 0, 1), LEASE, local));
    pass(LEASE);
    assertFalse(standstill.expired(row("other", 0, 1), LEASE, local));
    pass(LEASE);
    assertFalse(standstill.expired(row("other", 0, 2), LEASE, local));
  }

  private static PendingMessage row(String owner, long idle, long count) {
    return new PendingMessage("1-1", owner, idle, count);
  }

  private ClockGuard.Step look() {
    return guard.saw(server, local, local);
  }

  private void pass(long millis) {
    server += millis;
    local += TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
