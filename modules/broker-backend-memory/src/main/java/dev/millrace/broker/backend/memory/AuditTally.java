package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.spi.StreamState;
import org.jspecify.annotations.Nullable;

/** What an audit counts of one group from its beginning on. Guarded by the stream's lock. */
final class AuditTally {
  private final long added;
  private final long held;
  private long done;
  private long skipped;
  private long dropped;
  private long expired;

  /** Entries without an id that the log keeps for this group no longer. */
  private long foreign;

  private boolean broken;

  /**
   * Begins.
   *
   * @param added how many entries the stream has ever had
   * @param held what the group has in hand
   */
  private AuditTally(long added, long held) {
    this.added = added;
    this.held = held;
  }

  /** Of an audit that begins now. */
  static AuditTally of(MemoryGroup group, long dead) {
    return new AuditTally(group.stream.log.tail(), dead + inHand(group, group.describe()));
  }

  private static long inHand(MemoryGroup group, StreamState.Group state) {
    return state.lag().orElseThrow() + there(group, state) + state.parked();
  }

  /** Pending entries that nobody has deleted meanwhile. */
  private static long there(MemoryGroup group, StreamState.Group state) {
    return state.pending() - group.deletedWhilePending();
  }

  /** An entry was acknowledged. One that was deleted while it was held does not count as done. */
  void acknowledged(Held held, boolean skip) {
    if (held.parked || !held.stored.removed) {
      done += skip ? 0 : 1;
      skipped += skip ? 1 : 0;
    }
  }

  /** The log need not keep an entry for the group any more. */
  void left(Stored stored) {
    foreign += stored.removed || stored.entry.id().isPresent() ? 0 : 1;
  }

  /** An entry was trimmed away before the group was done with it. */
  void dropped(Stored stored) {
    dropped++;
    left(stored);
  }

  /** Dead letters were trimmed away. */
  void expired(long letters) {
    expired += letters;
  }

  /** What was counted is void: the group was set back. */
  void broke() {
    broken = true;
  }

  /** The sum of a group now; without a tally, of one that is not audited. */
  static AuditSum sum(MemoryGroup group, @Nullable AuditTally tally, long dead) {
    StreamState.Group state = group.describe();
    long waiting = state.lag().orElseThrow();
    long pending = there(group, state);
    if (tally == null) {
      return new AuditSum(
          group.name, AuditSum.State.OFF, 0, 0, 0, 0, dead, waiting, pending, state.parked(), 0, 0);
    }
    long all = tally.held + group.stream.log.tail() - tally.added;
    long foreign = tally.foreign + group.foreignInHand();
    return new AuditSum(
        group.name,
        tally.broken ? AuditSum.State.BROKEN : AuditSum.State.EXACT,
        all - foreign,
        foreign,
        tally.done,
        tally.skipped,
        dead,
        waiting,
        pending,
        state.parked(),
        tally.dropped,
        tally.expired);
  }
}
