package dev.millrace.broker.streams;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.spi.Received;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a message in this process. It ends exactly once: by its handler's outcome, or by
 * being cancelled, and only the side that ends it may settle.
 */
final class Attempt implements Delivery {
  private enum Phase {
    WAITING,
    RUNNING,
    ENDED,
    CANCELLED
  }

  private final ReceivedMessage message;
  private final String group;
  private final Received received;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);
  private volatile Instant leaseUntil;
  private volatile @Nullable Thread runner;

  Attempt(ReceivedMessage message, String group, Received received, Instant leaseUntil) {
    this.message = message;
    this.group = group;
    this.received = received;
    this.leaseUntil = leaseUntil;
  }

  Received received() {
    return received;
  }

  /** Begins on this thread; false if it was cancelled while it waited. */
  boolean begin() {
    runner = Thread.currentThread();
    return phase.compareAndSet(Phase.WAITING, Phase.RUNNING);
  }

  /**
   * The handler is done; false if the attempt was cancelled meanwhile and its outcome counts for
   * nothing.
   */
  boolean end() {
    runner = null;
    return phase.compareAndSet(Phase.RUNNING, Phase.ENDED);
  }

  /** Cancels if the handler has not begun. */
  boolean cancelIfWaiting() {
    return phase.compareAndSet(Phase.WAITING, Phase.CANCELLED);
  }

  /** Cancels and interrupts the handler; false if it had ended or was cancelled before. */
  boolean cancel() {
    if (!cancelIfWaiting() && !phase.compareAndSet(Phase.RUNNING, Phase.CANCELLED)) {
      return false;
    }
    Thread thread = runner;
    if (thread != null) {
      thread.interrupt();
    }
    return true;
  }

  void leased(Instant until) {
    leaseUntil = until;
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
    return phase.get() == Phase.CANCELLED;
  }
}
