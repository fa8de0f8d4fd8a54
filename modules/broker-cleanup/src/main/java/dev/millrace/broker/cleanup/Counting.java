package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts how many entries stand before each of several places, in one pass from the oldest on and a
 * part at a time, or between two of them. Beyond {@value #MOST} it goes no further: then it is that
 * many at least.
 */
final class Counting {
  static final int PART = 10_000;
  static final long MOST = 2_000_000;

  private final Trimming trimming;
  private final String stream;
  private final Duration patience;

  /** The end of a part, and how many entries there are up to it. */
  private record Anchor(Optional<Position> place, long entries) {}

  Counting(Trimming trimming, String stream, Duration patience) {
    this.trimming = trimming;
    this.stream = stream;
    this.patience = patience;
  }

  /**
   * How many stand before each.
   *
   * @param places with their times: positions are the backend's text, and only times tell which
   *     comes first
   */
  Map<Position, Long> before(List<Trimming.Mark> places) {
    var counts = new HashMap<Position, Long>();
    var passed = new Anchor(Optional.empty(), 0);
    Anchor latest = passed;
    Instant time = Instant.MIN;
    for (var mark : places.stream().sorted(Comparator.comparing(Trimming.Mark::at)).toList()) {
      if (mark.at().isAfter(time)) {
        passed = latest;
        time = mark.at();
      }
      if (!counts.containsKey(mark.position())) {
        // Of two that were added in one millisecond the second may stand first: both begin at
        // what is known to be before them.
        Anchor here = count(passed, mark.position(), counts);
        latest = here.entries > latest.entries ? here : latest;
      }
    }
    return counts;
  }

  /** How many stand from the first on and before the second, both of them entries. */
  long between(Position first, Position before) {
    if (first.equals(before)) {
      return 0;
    }
    var counts = new HashMap<Position, Long>();
    count(new Anchor(Optional.of(first), 1), before, counts);
    return counts.getOrDefault(before, 0L);
  }

  private Anchor count(Anchor from, Position before, Map<Position, Long> counts) {
    Anchor anchor = from;
    while (anchor.entries < MOST) {
      var part =
          Stages.await(
              trimming.count(stream, anchor.place, before, PART),
              patience,
              "count entries",
              stream);
      if (part.next().isEmpty()) {
        counts.put(before, anchor.entries + part.entries());
        return anchor;
      }
      anchor = new Anchor(part.next(), anchor.entries + part.entries());
    }
    counts.put(before, anchor.entries);
    return anchor;
  }
}
