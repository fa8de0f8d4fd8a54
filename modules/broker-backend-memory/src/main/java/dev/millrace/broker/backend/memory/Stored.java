package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;

/** An entry in its stream. */
final class Stored {
  /** Its number in the log: consecutive, so that counting and finding are arithmetic. */
  final long ordinal;

  final EntryId id;
  final Position position;
  final Entry entry;

  /** About how much memory it takes. */
  final long bytes;

  /** Whether it was taken out of the log; guarded by the stream's lock. */
  boolean removed;

  Stored(long ordinal, EntryId id, Entry entry) {
    this.ordinal = ordinal;
    this.id = id;
    this.position = id.position();
    this.entry = entry;
    this.bytes = Footprint.of(entry);
  }

  /** The same with its position as its id, where it has none of its own. */
  Stored named() {
    return entry.id().isPresent() ? this : new Stored(ordinal, id, entry.withId(position.value()));
  }
}
