package dev.millrace.broker.cleanup;

import java.time.Duration;

/**
 * How much the next slice of trimming removes: twice as much as long as the backend answers at
 * once, half as much when it does not. What keeps a server busy is not known beforehand.
 */
final class Slices {
  private static final Duration AT_ONCE = Duration.ofMillis(2);
  private static final int LARGEST = 20_000;

  private final int least;
  private final int most;
  private int size;

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
    size = time.compareTo(AT_ONCE) <= 0 ? Math.min(most, size * 2) : Math.max(least, size / 2);
  }
}
