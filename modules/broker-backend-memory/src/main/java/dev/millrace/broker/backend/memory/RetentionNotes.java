package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.spi.Trimming.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;

/**
 * What is kept with a stream for the sake of its retention: settings, what was dropped, and how it
 * grew. Bounded, but for the settings. Guarded by the stream's lock.
 */
final class RetentionNotes {
  private static final int MOST_DROPS = 1_000;
  // A day and the hour that has begun.
  private static final int MOST_SAMPLES = 25;
  private static final Duration BETWEEN_SAMPLES = Duration.ofHours(1);

  private final ArrayDeque<Drop> drops = new ArrayDeque<>();
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();
  private Map<String, String> settings = Map.of();

  Map<String, String> settings() {
    return settings;
  }

  void store(Map<String, String> values) {
    settings = Map.copyOf(values);
  }

  void dropped(Drop drop) {
    drops.addFirst(drop);
    if (drops.size() > MOST_DROPS) {
      drops.removeLast();
    }
  }

  /** Newest first. */
  List<Drop> drops(int most) {
    return drops.stream().limit(most).toList();
  }

  /** Notes how many had been added by now, unless that was noted within the hour. */
  void sample(Instant now, long added) {
    // A clock that was set back: what is noted for later is of no use to a rate.
    while (!samples.isEmpty() && samples.getLast().at().isAfter(now)) {
      samples.removeLast();
    }
    if (samples.isEmpty() || !samples.getLast().at().plus(BETWEEN_SAMPLES).isAfter(now)) {
      samples.addLast(new Sample(now, added));
      if (samples.size() > MOST_SAMPLES) {
        samples.removeFirst();
      }
    }
  }

  /** Oldest first. */
  List<Sample> samples() {
    return List.copyOf(samples);
  }

  void clear() {
    settings = Map.of();
    drops.clear();
    samples.clear();
  }
}
