package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turn of one message that may have killed a process. Before its handler runs, the backend is
 * told how: alone, so that a death now is its own doing, or beside others, so that it is only
 * suspected. When it has been alone for a lease, others are let in and it is told again.
 */
final class Trial implements Company.Suspect {
  private static final Logger LOG = LoggerFactory.getLogger(Trial.class);

  private final Attempt attempt;
  private final Slots slots;
  private final Notes notes;
  private final StreamsContext context;
  private final Duration lease;
  private final CompletionStage<Boolean> noted;
  private volatile boolean alone;
  private volatile BrokerClock.@Nullable Cancellable timer;

  /**
   * For a suspect.
   *
   * @param noted when what was known of it on arrival is with the backend
   */
  Trial(
      Attempt attempt,
      Slots slots,
      Notes notes,
      StreamsContext context,
      Duration lease,
      CompletionStage<Boolean> noted) {
    this.attempt = attempt;
    this.slots = slots;
    this.notes = notes;
    this.context = context;
    this.lease = lease;
    this.noted = noted;
  }

  @Override
  public Duration patience() {
    return lease;
  }

  @Override
  public void runAlone() {
    alone = true;
    slots.startNow(attempt);
  }

  @Override
  public void runInCompany() {
    slots.add(attempt);
    slots.dispatch();
  }

  /**
   * Tells the backend, on the thread of the handler that is about to run; false if the message is
   * not ours any more. Where the backend does not answer, it runs unmarked.
   */
  boolean begin() {
    try {
      await(noted);
      if (!await(notes.write(attempt.received(), tally(alone)))) {
        return false;
      }
    } catch (RuntimeException unanswered) {
      LOG.warn(
          "consumer: {} may have killed a process and runs without that being noted: {}",
          attempt.message(),
          unanswered.getMessage());
    }
    if (alone) {
      timer = context.clock().schedule(lease, this::letOthersIn);
    }
    return true;
  }

  private boolean await(CompletionStage<Boolean> answer) {
    return Stages.await(answer, context.patience(), "note", attempt.message().stream());
  }

  private Tally tally(boolean isAlone) {
    return attempt.tally().marked(isAlone ? Tally.Mark.ALONE : Tally.Mark.IN_COMPANY);
  }

  private void letOthersIn() {
    if (!attempt.ended()) {
      notes
          .write(attempt.received(), tally(false))
          .whenComplete((told, error) -> context.company().open(this));
    }
  }

  /** It has had its turn, whether it ran or not. */
  void end() {
    BrokerClock.Cancellable armed = timer;
    if (armed != null) {
      armed.cancel();
    }
    context.company().done(this);
  }
}
