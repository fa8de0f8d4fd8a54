package dev.millrace.broker.streams;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.spi.EntryMessage;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import java.time.Instant;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a message in this process. It ends exactly once: by its handler's outcome, or by
 * being cancelled, and only the side that ends it may settle.
 */
final class Attempt implements Delivery, Runnable {
  private enum Phase {
    WAITING,
    RUNNING,
    ENDED,
    /** Cancelled, and its thread is being interrupted. */
    CANCELLING,
    CANCELLED
  }

  private static final AtomicReferenceFieldUpdater<Attempt, Phase> PHASE =
      AtomicReferenceFieldUpdater.newUpdater(Attempt.class, Phase.class, "phase");

  private final Work work;
  private final GroupReader reader;
  private final EntryMessage message;
  private final String group;
  private final Received received;
  private final Tally tally;
  private volatile Phase phase = Phase.WAITING;
  private volatile Instant leaseUntil;

  /** Written before the phase says that it runs, and looked at after: no fence of its own. */
  private @Nullable Thread runner;

  private volatile boolean expired;
  private volatile @Nullable Trial trial;
  private @Nullable Lot lot;
  private int index;
  // Only the watch of the consumer's progress uses it.
  private long endedSince;

  /**
   * For one delivery.
   *
   * @param tally what became of the attempts before
   */
  Attempt(
      Work work,
      GroupReader reader,
      EntryMessage message,
      String group,
      Received received,
      Tally tally,
      Instant leaseUntil) {
    this.work = work;
    this.reader = reader;
    this.message = message;
    this.group = group;
    this.received = received;
    this.tally = tally;
    this.leaseUntil = leaseUntil;
  }

  @Override
  public void run() {
    work.run(this);
  }

  Received received() {
    return received;
  }

  /** The reader it came from, which settles it. */
  GroupReader reader() {
    return reader;
  }

  Tally tally() {
    return tally;
  }

  /** What it is held in; before anybody else sees it. */
  void in(Lot delivered, int at) {
    lot = delivered;
    index = at;
  }

  Lot lot() {
    return Objects.requireNonNull(lot, "an attempt is held from its delivery on");
  }

  int index() {
    return index;
  }

  /** Its turn as a suspect, if it is one. */
  @Nullable Trial trial() {
    return trial;
  }

  void trial(Trial turn) {
    trial = turn;
  }

  /** Begins on this thread; false if it was cancelled while it waited. */
  boolean begin() {
    runner = Thread.currentThread();
    return PHASE.compareAndSet(this, Phase.WAITING, Phase.RUNNING);
  }

  /**
   * The handler is done; false if the attempt was cancelled meanwhile and its outcome counts for
   * nothing. On return nobody interrupts this thread any more for the sake of the attempt.
   */
  boolean end() {
    if (PHASE.compareAndSet(this, Phase.RUNNING, Phase.ENDED)) {
      runner = null;
      return true;
    }
    while (phase == Phase.CANCELLING) {
      Thread.onSpinWait();
    }
    runner = null;
    return false;
  }

  /** The thread of its handler while it runs. */
  @Nullable Thread runner() {
    return phase == Phase.RUNNING ? runner : null;
  }

  boolean ended() {
    return phase == Phase.ENDED;
  }

  /** Cancels if the handler has not begun. */
  boolean cancelIfWaiting() {
    return PHASE.compareAndSet(this, Phase.WAITING, Phase.CANCELLED);
  }

  /** After it was cancelled: nobody waits for its turn any more. */
  void withdraw() {
    Trial turn = trial;
    if (turn != null) {
      turn.withdraw();
    }
  }

  /** Cancels and interrupts the handler; false if it had ended or was cancelled before. */
  boolean cancel() {
    if (cancelIfWaiting()) {
      return true;
    }
    if (!PHASE.compareAndSet(this, Phase.RUNNING, Phase.CANCELLING)) {
      return false;
    }
    Thread thread = runner;
    if (thread != null) {
      thread.interrupt();
    }
    phase = Phase.CANCELLED;
    return true;
  }

  /** The handler's time is over. */
  void expire() {
    expired = true;
  }

  /** It is handled once more, alone, after its batch failed. */
  void again() {
    expired = false;
  }

  void leased(Instant until) {
    leaseUntil = until;
  }

  /** Since when it is known to have ended without being settled; the first call says so. */
  long endedSince(long now) {
    if (endedSince == 0) {
      endedSince = now == 0 ? 1 : now;
    }
    return endedSince;
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public String group() {
    return group;
  }

  @Override
  public int attempt() {
    return received.delivery().orElse(1);
  }

  @Override
  public OptionalLong fence() {
    return received.fence();
  }

  @Override
  public Instant deadline() {
    return leaseUntil;
  }

  @Override
  public boolean cancelled() {
    Phase now = phase;
    return expired || now == Phase.CANCELLING || now == Phase.CANCELLED;
  }
}
