package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;

/** How far the lines of a stream have come. Guarded by the stream's lock. */
final class Lines {
  private static final Line UNKNOWN = new Line(0, false);

  private final Expiring<Line> lines;

  Lines(BrokerClock clock) {
    this.lines = new Expiring<>(clock);
  }

  /** A line as it stands; one that is not known has come to 0. */
  Line get(String name) {
    Line known = lines.get(name);
    return known == null ? UNKNOWN : known;
  }

  /** A line has come to this number. */
  void reached(String name, long last, Duration remembered) {
    lines.putLonger(name, new Line(last, get(name).sealed), remembered);
  }

  /** Ends a line, and tells how far it had come. */
  long seal(String name, Duration remembered) {
    long last = get(name).last;
    lines.putLonger(name, new Line(last, true), remembered);
    return last;
  }

  void clear() {
    lines.clear();
  }

  /** How many are kept. */
  int size() {
    return lines.size();
  }

  /**
   * A line.
   *
   * @param last the number up to which it has come
   * @param sealed whether it goes no further
   */
  record Line(long last, boolean sealed) {}
}
