package dev.millrace.broker.cleanup;

import java.time.Duration;

/**
 * How much the next slice of trimming removes: more as long as the backend answers at once, half as
 * much when it does not. What keeps a server busy is not known beforehand. What the way there takes
 * is not the server's work: the quickest answer tells it.
 */
final class Slices {
  private static final Duration AT_ONCE = Duration.ofMillis(2);
  private static final Duration WITH_EASE = Duration.ofMillis(1);
  private static final int LARGEST = 100_000;

  private final int least;
  private final int most;
  private int size;
  private Duration quickest = Duration.ofDays(1);

  /** The first slice removes so many at most. */
  Slices(int first) {
    this.least = first;
    this.most = Math.max(first, LARGEST);
    this.size = first;
  }

  int size() {
    return size;
  }

  /** Takes in how long the last slice took. */
  void took(Duration time) {
    quickest = time.compareTo(quickest) < 0 ? time : quickest;
    Duration work = time.minus(quickest);
    if (work.compareTo(AT_ONCE) > 0) {
      size = Math.max(least, size / 2);
    } else {
      size = Math.min(most, size * (work.compareTo(WITH_EASE) > 0 ? 2 : 4));
    }
  }
}
