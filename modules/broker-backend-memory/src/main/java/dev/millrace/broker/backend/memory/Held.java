package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Received;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An entry that was given to a reader and is not acknowledged. Guarded by the stream's lock. */
final class Held {
  /** What it waits for. */
  enum State {
    /** With its owner, until settled or the deadline. */
    LEASED,
    /** To be given to whoever has credit. */
    READY,
    /** To become ready at the deadline, and pending all the while. */
    DELAYED,
    /** To become ready at the deadline, and no longer pending. */
    PARKED,
    /** Settled, or its entry is gone. */
    GONE
  }

  /** The fence of an entry that nobody may settle: it was handed back. */
  static final long NO_FENCE = 0;

  final MemoryGroup group;

  /** The entry as it is delivered. */
  Stored stored;

  State state = State.READY;

  /** It was parked once: the log knows nothing of it any more. */
  boolean parked;

  /** It came back from being parked and was given to nobody since. */
  boolean unread;

  /** Its lease ran out. */
  boolean recovered;

  /** For whoever is given it next. */
  @Nullable String note;

  int deliveries;
  long fence = NO_FENCE;

  /** Who had it last. */
  @Nullable Member owner;

  /** When it was delivered or renewed, on the monotonic clock. */
  long since;

  /** When the lease or the delay ends, on the monotonic clock. */
  long deadline;

  // Neighbours in the owner's list of leases.
  @Nullable Held earlier;
  @Nullable Held later;

  Held(MemoryGroup group, Stored stored) {
    this.group = group;
    this.stored = stored;
  }

  Received.Past past() {
    return note == null && !recovered
        ? Received.Past.none()
        : new Received.Past(recovered, Optional.ofNullable(note));
  }

  /** Empty text is no note. */
  void note(String text) {
    note = text.isEmpty() ? null : text;
  }
}
