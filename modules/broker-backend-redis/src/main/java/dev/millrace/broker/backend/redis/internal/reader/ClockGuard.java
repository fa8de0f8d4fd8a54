package dev.millrace.broker.backend.redis.internal.reader;

import java.util.concurrent.TimeUnit;

/**
 * Compares the server's clock with the local monotonic one, and says from it when a pending entry
 * may be taken: the server tells how long one has been idle by its own clock, which may jump.
 * Guarded by the hub's lock.
 */
final class ClockGuard {
  /** As idle as only what was handed back is. */
  static final long HANDED_BACK_MILLIS = TimeUnit.HOURS.toMillis(24);

  private static final long TOLERANCE_MILLIS = 200;
  private static final long RENEWAL_MARGIN_MILLIS = 500;

  private boolean known;
  private long serverMillis;
  private long sent;
  private long received;

  private long ahead;
  private long aheadSince;
  private long behind;
  private long behindSince;
  private boolean wasAway;
  private long backSince;

  /** What a reading has shown. */
  enum Step {
    NONE,
    FORWARD,
    BACKWARD
  }

  /**
   * A reading of the server's clock.
   *
   * @param sentAt when it was asked for, {@code receivedAt} when the answer came, by the local
   *     clock
   */
  Step saw(long serverMillisNow, long sentAt, long receivedAt) {
    Step step = Step.NONE;
    if (known) {
      long passed = serverMillisNow - serverMillis;
      long most = TimeUnit.NANOSECONDS.toMillis(receivedAt - sent);
      long least = TimeUnit.NANOSECONDS.toMillis(sentAt - received);
      if (passed > most + TOLERANCE_MILLIS) {
        step = Step.FORWARD;
        boolean over = millis(receivedAt - aheadSince) > HANDED_BACK_MILLIS;
        ahead = passed - most + (over ? 0 : ahead);
        aheadSince = receivedAt;
      } else if (passed < least - TOLERANCE_MILLIS) {
        step = Step.BACKWARD;
        behind += least - passed;
        behindSince = receivedAt;
      }
    }
    known = true;
    serverMillis = serverMillisNow;
    sent = sentAt;
    received = receivedAt;
    return step;
  }

  /** Nobody could renew while the server was away. A time that runs already is not prolonged. */
  void reconnected(long now, long lease) {
    if (!wasAway || millis(now - backSince) >= renewedAfter(lease)) {
      wasAway = true;
      backSince = now;
    }
  }

  /** How long ago the last reading was. */
  long age(long now) {
    return known ? now - received : Long.MAX_VALUE;
  }

  /**
   * How idle an entry has to be, by the server's clock, for its owner's lease to have run out.
   *
   * <p>After a step forward an entry not renewed since looks older than it is, until its owner's
   * lease has passed for certain. When the server was away, owners get the time until their next
   * renewal, every third of a lease.
   */
  long leastIdle(long lease, long now) {
    if (wasAway && millis(now - backSince) < renewedAfter(lease)) {
      return Math.max(lease, HANDED_BACK_MILLIS);
    }
    return ahead > 0 && millis(now - aheadSince) < lease ? lease + ahead : lease;
  }

  private static long renewedAfter(long lease) {
    return lease / 2 + RENEWAL_MARGIN_MILLIS;
  }

  /**
   * Whether entries may look younger than they are: delivered before a step back, they stand at an
   * idle time of 0 until the server's clock has caught up.
   */
  boolean hidesAge(long now) {
    if (behind > 0 && millis(now - behindSince) > behind) {
      behind = 0;
    }
    return behind > 0;
  }

  /** Whether no step forward has been seen for so long. */
  boolean steady(long millis, long now) {
    return ahead == 0 || millis(now - aheadSince) > millis;
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
