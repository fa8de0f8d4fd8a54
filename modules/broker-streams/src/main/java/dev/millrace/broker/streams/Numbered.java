package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Position;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Messages of a backup producer that go together, with their numbers. Guarded by its line. */
final class Numbered {
  /** Known to be there, since the line has come so far. */
  static final Appended THERE = new Appended.At(Position.UNKNOWN, true);

  /** When it was first sent, on the monotonic clock. */
  final long sentAt;

  List<Parcel> parcels;
  List<Entry> entries;
  long first;

  /** Which attempt is under way; 0: none. Answers to others come too late. */
  long attempt;

  /** Whether an earlier attempt may have been carried out. */
  boolean open;

  Numbered(long first, List<Parcel> parcels, MessageIds ids, long sentAt) {
    this.first = first;
    this.parcels = List.copyOf(parcels);
    this.entries = this.parcels.stream().map(parcel -> parcel.identified(ids)).toList();
    this.sentAt = sentAt;
  }

  long last() {
    return first + parcels.size() - 1;
  }

  boolean named() {
    return parcels.getFirst().named;
  }

  long begun() {
    return parcels.getFirst().begun;
  }

  /** Forgets the first ones: they are over. */
  void drop(int count) {
    first += count;
    parcels = parcels.subList(count, parcels.size());
    entries = entries.subList(count, entries.size());
  }

  /** What is to be said if nothing more is tried. */
  Appended unfinished(Appended.Failed reason) {
    return open ? new Appended.Ambiguous(reason.error()) : reason;
  }

  /** For how long its ids are looked for. */
  static Optional<Duration> idWindow(boolean named, Duration window) {
    return named ? Optional.of(window) : Optional.empty();
  }
}
