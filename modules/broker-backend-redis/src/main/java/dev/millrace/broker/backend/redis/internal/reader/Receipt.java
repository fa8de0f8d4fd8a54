package dev.millrace.broker.backend.redis.internal.reader;

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
  final String id;
  final long count;
  final long epoch;
  final int bytes;

  /** On the local monotonic clock. */
  volatile long deadline;

  private volatile int state = LIVE;

  /** When a released one is due, on the local monotonic clock; guarded by the hub's lock. */
  long due;

  /** Released for later; with {@link #due}. */
  boolean delayed;

  // The list of deliveries in flight, guarded by the hub's lock.
  @Nullable Receipt previous;
  @Nullable Receipt next;
  boolean linked;

  // The settlement under way; written before the receipt is queued, read by whoever took it.
  @Nullable Receipt nextAck;
  @Nullable SettleCall call;
  int index;

  Receipt(Member member, String id, long count, long epoch, int bytes, long deadline) {
    this.member = member;
    this.id = id;
    this.count = count;
    this.epoch = epoch;
    this.bytes = bytes;
    this.deadline = deadline;
  }

  Lane lane() {
    return member.lane();
  }

  int state() {
    return state;
  }

  boolean become(int from, int to) {
    return STATE.compareAndSet(this, from, to);
  }

  void gone() {
    state = GONE;
  }

  boolean expired(long now) {
    return now - deadline >= 0;
  }

  /** Tells the settlement what became of it. */
  void tell(dev.millrace.broker.api.spi.Settled result) {
    SettleCall waiting = call;
    call = null;
    if (waiting != null) {
      waiting.done(index, result);
    }
  }
}
