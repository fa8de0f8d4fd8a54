package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.models.stream.PendingMessage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StandstillTest {
  private static final long LEASE = 1_000;

  private final Standstill standstill = new Standstill();

  /** What a scan says of an entry that stands at an idle time of 0. */
  private boolean looked(String id, int second) {
    var row = new PendingMessage(id, "owner", 0, 1);
    return standstill.expired(row, LEASE, Duration.ofSeconds(second).toNanos());
  }

  @Test
  void whatStandsStillForALeaseAndThreeLooksIsExpired() {
    for (int second = 0; second < 2; second++) {
      standstill.begin();
      assertFalse(looked("1-0", second));
    }
    standstill.begin();
    assertTrue(looked("1-0", 2));
  }

  @Test
  void whatWasSettledLeavesItsPlaceToOthers() {
    standstill.begin();
    for (int i = 0; i < Standstill.MOST; i++) {
      assertFalse(looked("1-" + i, 0));
    }
    for (int second = 1; second < 4; second++) {
      standstill.begin();
      assertFalse(looked("2-0", second));
    }
    standstill.begin();
    assertTrue(looked("2-0", 4));
  }
}
