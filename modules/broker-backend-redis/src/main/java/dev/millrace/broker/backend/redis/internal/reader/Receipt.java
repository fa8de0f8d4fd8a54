package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Settled;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/** The note that goes with one delivery: whose it is, until when, and what is becoming of it. */
final class Receipt {
  /** With the application. */
  static final int LIVE = 0;

  /** A settlement is under way. */
  static final int SETTLING = 1;

  /** Released with a delay; this process keeps it until it is due. */
  static final int RELEASED = 2;

  /** Settled, handed back or lost. */
  static final int GONE = 3;

  private static final AtomicIntegerFieldUpdater<Receipt> STATE =
      AtomicIntegerFieldUpdater.newUpdater(Receipt.class, "state");

  final Member member;

  /** Where it came from, and where it is settled: not always the member's own. */
  final Lane lane;

  final String id;

  /** As the server counts; see {@link Arrival#before}. */
  final long count;

  /**
   * The shared connection's epoch when it was read; -1 once it may only be settled with a check.
   */
  volatile long epoch;

  final int bytes;

  /** See {@link Arrival#large}. */
  final boolean large;

  /** On the local monotonic clock. */
  volatile long deadline;

  private volatile int state = LIVE;

  /** When a released one is due, on the local monotonic clock; guarded by the hub's lock. */
  long due;

  /** Released for later; with {@link #due}. */
  boolean delayed;

  /** Takes up no room of its member's while it waits; guarded by the hub's lock. */
  boolean spared;

  // The list of deliveries in flight, guarded by the hub's lock.
  @Nullable Receipt previous;
  @Nullable Receipt next;
  boolean linked;

  // The settlement under way; written before the receipt is queued, read by whoever took it.
  @Nullable Receipt nextAck;
  @Nullable Answer answer;
  int index;

  /** The settlement under way says that its handler did not want it. */
  boolean skipped;

  Receipt(Member member, Lane lane, Arrival arrival, long epoch, long deadline) {
    this.member = member;
    this.lane = lane;
    this.id = arrival.id();
    this.count = arrival.count();
    // Its note has to be forgotten with it, and only the checked way does that.
    this.epoch = arrival.noteKept() ? -1 : epoch;
    this.bytes = arrival.bytes();
    this.large = arrival.large();
    this.deadline = deadline;
  }

  Lane lane() {
    return lane;
  }

  Position position() {
    return lane.position(id);
  }

  /** Whether acknowledging it deletes the entry. */
  boolean deletes() {
    return lane.deletes(member);
  }

  /**
   * From now on it is settled with a check. Whoever finds it still {@link #LIVE} afterwards may
   * rely on that.
   */
  void check() {
    epoch = -1;
  }

  /** Whether a note may be kept beside the stream; of one that is being settled, none comes. */
  boolean mayBeNoted() {
    return epoch == -1;
  }

  int state() {
    return state;
  }

  boolean become(int from, int to) {
    return STATE.compareAndSet(this, from, to);
  }

  /** A settlement came to nothing, or to nobody knows what. */
  void undecided() {
    check();
    become(SETTLING, LIVE);
  }

  void gone() {
    state = GONE;
  }

  boolean expired(long now) {
    return now - deadline >= 0;
  }

  /** Tells the settlement what became of it. */
  void tell(Settled result) {
    Answer waiting = answer;
    answer = null;
    if (waiting != null) {
      waiting.done(index, result);
    }
  }
}
