package dev.millrace.broker.backend.memory;

import org.jspecify.annotations.Nullable;

/** An entry that was given to a reader and is not acknowledged. Guarded by the stream's lock. */
final class Held {
  /** What it waits for. */
  enum State {
    /** With its owner, until settled or the deadline. */
    LEASED,
    /** To be given to whoever has credit. */
    READY,
    /** To become ready at the deadline. */
    DELAYED,
    /** Settled, or its entry is gone. */
    GONE
  }

  /** The fence of an entry that nobody may settle: it was handed back. */
  static final long NO_FENCE = 0;

  final MemoryGroup group;
  final Stored stored;

  State state = State.READY;
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
}
