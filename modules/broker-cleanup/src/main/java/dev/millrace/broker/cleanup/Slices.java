package dev.millrace.broker.cleanup;

import java.time.Duration;

/**
 * How much the next slice of trimming removes: more as long as the backend answers at once, half as
 * much when it does not. What keeps a server busy is not known beforehand. What the way there takes
 * is not the server's work: the quickest answer tells it, unless smaller slices prove to be quicker
 * than that. Where entries are so large that even the first size takes long, slices become smaller
 * than it.
 */
final class Slices {
  private static final Duration AT_ONCE = Duration.ofMillis(2);
  private static final Duration WITH_EASE = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofMillis(10);
  private static final int LARGEST = 100_000;

  private final int least;
  private final int most;
  private int size;
  private Duration quickest = Duration.ofDays(1);
  private int sizeBefore;
  private Duration timeBefore = Duration.ZERO;

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
    Duration work = work(time);
    sizeBefore = size;
    timeBefore = time;
    if (work.compareTo(AT_ONCE) > 0) {
      int down = work.compareTo(LONG) > 0 ? 1 : Math.min(least, size);
      size = Math.max(down, size / 2);
    } else {
      size = Math.min(most, size * (work.compareTo(WITH_EASE) > 0 ? 2 : 4));
    }
  }

  /** Where the size made a difference to the slice before, it tells what each entry takes. */
  private Duration work(Duration time) {
    Duration beyond = time.minus(quickest);
    int entries = size - sizeBefore;
    Duration longer = entries < 0 ? timeBefore.minus(time) : time.minus(timeBefore);
    if (sizeBefore == 0 || entries == 0 || longer.compareTo(AT_ONCE) <= 0) {
      return beyond;
    }
    Duration all = longer.dividedBy(Math.abs(entries)).multipliedBy(size);
    return all.compareTo(beyond) > 0 ? all : beyond;
  }
}
