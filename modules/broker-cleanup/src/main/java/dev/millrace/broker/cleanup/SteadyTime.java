package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's time, without its jumps forward: what was seen last, and what has passed since on a
 * clock that nobody sets. A server's clock that is set forward makes everything look old at once;
 * until what was there before has come of age in truth, ages are counted from here.
 *
 * <p>Thread-safe: an answer to a run that was stopped may come while the next one goes on.
 */
final class SteadyTime {
  private static final Logger LOG = LoggerFactory.getLogger(SteadyTime.class);

  /** More than this and drift beyond what passed is a jump. */
  private static final Duration TOLERANCE = Duration.ofSeconds(2);

  /** Clocks that nobody keeps in step drift apart by less than this part of what passes. */
  private static final long DRIFT_PART = 10_000;

  private final String name;
  private final BrokerClock clock;

  /** Guards everything below. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Instant seen;
  private long seenAt;

  /** How far the server's clock has jumped ahead of this one; zero: it has not. */
  private Duration ahead = Duration.ZERO;

  private long jumpedAt;

  /**
   * Nothing is seen yet.
   *
   * @param name whose it is, for the log
   */
  SteadyTime(String name, BrokerClock clock) {
    this.name = name;
    this.clock = clock;
  }

  /** The steady time, as far as it is known without asking; may be later than the server's. */
  Optional<Instant> now() {
    lock.lock();
    try {
      return Optional.ofNullable(seen).map(base -> base.plusNanos(clock.nanoTime() - seenAt));
    } finally {
      lock.unlock();
    }
  }

  /** Whether the server was not asked for so long. */
  boolean olderThan(Duration age) {
    lock.lock();
    try {
      return seen == null || clock.nanoTime() - seenAt > age.toNanos();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes in what the server says.
   *
   * @param hold how long a jump forward is not believed
   * @return the time from which to count ages; never later than the server's
   */
  Instant observe(Instant server, Duration hold) {
    return take(server, Optional.of(hold));
  }

  /**
   * Takes in what the server says where it is not known how long a jump forward is not to be
   * believed: one that was seen is kept in mind.
   *
   * @return the time from which to count ages; never later than the server's
   */
  Instant note(Instant server) {
    return take(server, Optional.empty());
  }

  private Instant take(Instant server, Optional<Duration> hold) {
    lock.lock();
    try {
      return taken(server, hold);
    } finally {
      lock.unlock();
    }
  }

  private Instant taken(Instant server, Optional<Duration> hold) {
    long now = clock.nanoTime();
    Instant expected = now().orElse(server);
    Duration difference = Duration.between(expected, server);
    Duration tolerance = TOLERANCE.plusNanos(seen == null ? 0 : (now - seenAt) / DRIFT_PART);
    if (difference.compareTo(ahead.plus(tolerance)) > 0) {
      ahead = difference;
      jumpedAt = now;
      LOG.warn(
          "{}: the server's clock was set forward by {} or more; ages are counted as if it had not"
              + " {}, so that nothing goes before its time",
          name,
          difference,
          hold.map(time -> "for " + time).orElse("until all that was there has come of age"));
    } else if (!ahead.isZero() && over(difference, now, hold)) {
      ahead = Duration.ZERO;
      LOG.info("{}: ages are counted by the server's clock again", name);
    } else if (!ahead.isZero()) {
      // Set back in part, or drifted: the next jump counts from here. While ages are not counted
      // from the server's time drift adds up, and would look like a jump one day.
      ahead = difference;
    }
    Instant steady = ahead.isZero() || expected.isAfter(server) ? server : expected;
    seen = steady;
    seenAt = now;
    return steady;
  }

  private boolean over(Duration difference, long now, Optional<Duration> hold) {
    Duration passed = Duration.ofNanos(now - jumpedAt);
    return difference.compareTo(TOLERANCE) <= 0
        || hold.filter(time -> passed.compareTo(time) >= 0).isPresent();
  }
}
