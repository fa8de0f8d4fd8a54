package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a stream remembers of entries that were appended with deduplication. Guarded by the stream's
 * lock.
 */
final class DedupWindow {
  /** How long a producer that appends no more is remembered. */
  static final Duration PRODUCER = Duration.ofHours(1);

  private final BrokerClock clock;
  private final Expiring<Numbers> producers;
  // By how long they are kept: one map each, so that what runs out stays in order.
  private final Map<Duration, Expiring<Position>> ids = new HashMap<>();

  DedupWindow(BrokerClock clock) {
    this.clock = clock;
    this.producers = new Expiring<>(clock);
  }

  /** Whether an append with {@link Dedup.BySequence#known()} may go on. */
  boolean remembers(String producer) {
    return producers.get(producer) != null;
  }

  /** Whether what the entries are to follow was appended. */
  boolean follows(Dedup.BySequence dedup) {
    if (dedup.after() == 0) {
      return true;
    }
    Numbers numbers = producers.get(dedup.producer());
    return numbers != null && numbers.find(dedup.after(), dedup) instanceof Appended.At;
  }

  /** What the entry is already, or null where it is to be appended. */
  @Nullable Appended find(Entry entry, Dedup dedup) {
    return switch (dedup) {
      case Dedup.None none -> null;
      case Dedup.InLine inLine ->
          inLine.idWindow().isPresent() ? duplicate(place(entry.id().orElse(""))) : null;
      case Dedup.ById byId -> duplicate(place(entry.id().orElse("")));
      case Dedup.BySequence bySequence -> {
        Numbers numbers = producers.get(bySequence.producer());
        yield numbers == null ? null : numbers.find(bySequence.sequenceOf(entry), bySequence);
      }
    };
  }

  void add(Entry entry, Dedup dedup, Position place) {
    switch (dedup) {
      case Dedup.None none -> {}
      case Dedup.InLine inLine ->
          inLine.idWindow().ifPresent(window -> addId(entry, place, window));
      case Dedup.ById byId -> addId(entry, place, byId.window());
      case Dedup.BySequence bySequence -> {
        Numbers numbers = producers.get(bySequence.producer());
        if (numbers == null) {
          numbers = new Numbers();
        }
        numbers.add(bySequence.sequenceOf(entry), place, bySequence.window());
        producers.put(bySequence.producer(), numbers, PRODUCER);
      }
    }
  }

  private void addId(Entry entry, Position place, Duration window) {
    ids.computeIfAbsent(window, each -> new Expiring<>(clock))
        .put(entry.id().orElse(""), place, window);
  }

  void clear() {
    ids.clear();
    producers.clear();
  }

  private @Nullable Position place(String id) {
    for (Expiring<Position> each : ids.values()) {
      Position place = each.get(id);
      if (place != null) {
        return place;
      }
    }
    return null;
  }

  private static @Nullable Appended duplicate(@Nullable Position place) {
    return place == null ? null : new Appended.At(place, true);
  }

  /** The last numbers of a producer. */
  private static final class Numbers {
    private final Map<Long, Position> places = new HashMap<>();
    private final ArrayDeque<Long> order = new ArrayDeque<>();
    private long highest;

    @Nullable Appended find(long sequence, Dedup.BySequence dedup) {
      return sequence <= highest - dedup.window()
          ? new Appended.Forgotten(overrun(dedup, sequence))
          : duplicate(places.get(sequence));
    }

    void add(long sequence, Position place, int window) {
      highest = Math.max(highest, sequence);
      places.put(sequence, place);
      order.add(sequence);
      while (order.size() > window) {
        places.remove(order.remove());
      }
    }

    private String overrun(Dedup.BySequence dedup, long sequence) {
      return "the window of "
          + dedup.window()
          + " numbers was overrun: "
          + sequence
          + " came after "
          + highest;
    }
  }
}
