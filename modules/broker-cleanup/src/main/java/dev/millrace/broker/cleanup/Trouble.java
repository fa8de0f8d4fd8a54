package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Errors of visits that follow each other: said once for each doubling of their number, and longer
 * and longer pauses.
 */
final class Trouble {
  private static final Logger LOG = LoggerFactory.getLogger(Trouble.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
  private static final int MOST_DOUBLINGS = 9;

  /** So many in a row are no accident. */
  private static final int LASTING = 3;

  private final String name;
  private volatile @Nullable Streak streak;

  private record Streak(int failures, String error) {}

  Trouble(String name) {
    this.name = name;
  }

  /** Another one; returns how long to leave the backend alone. */
  Duration failed(Throwable error) {
    Streak before = streak;
    int failures = before == null ? 1 : before.failures() + 1;
    String text = Stages.unwrap(error).toString();
    streak = new Streak(failures, text);
    if (Integer.bitCount(failures) == 1) {
      LOG.warn("{}: could not trim ({} in a row), trying again later: {}", name, failures, text);
    }
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  /** A visit went well. */
  void over() {
    Streak before = streak;
    streak = null;
    if (before != null) {
      LOG.info("{}: it can trim again", name);
    }
  }

  /** Whether the last visit failed. */
  boolean present() {
    return streak != null;
  }

  /** Whether several visits in a row failed. */
  boolean lasts() {
    Streak now = streak;
    return now != null && now.failures() >= LASTING;
  }

  ComponentHealth health() {
    Streak now = streak;
    return now == null
        ? ComponentHealth.green()
        : ComponentHealth.yellow("it could not trim: " + now.error());
  }
}
