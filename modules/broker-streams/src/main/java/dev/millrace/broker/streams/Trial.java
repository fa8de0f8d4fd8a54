package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turn of one message that may have killed a process. Before its handler runs, the backend is
 * told how: alone, so that a death now is its own doing, or beside others, so that it is only
 * suspected. When it has been alone for as long as a turn may be, others are let in and it is told
 * again.
 */
final class Trial implements Company.Suspect {
  private static final Logger LOG = LoggerFactory.getLogger(Trial.class);

  /** Long enough for most handlers, and short enough that many slow ones do not stop a process. */
  private static final Duration LONGEST_TURN = Duration.ofSeconds(10);

  /** While it waits to be alone nothing starts: a lease of hours must not stop a process. */
  private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(30);

  /** What a message takes up in the process that has it. */
  interface Room {
    /** It takes up none while it waits; false: too many do. */
    boolean leave();

    /** It is to run. */
    void enter();
  }

  private enum Place {
    IN,
    ASIDE,
    CALLED
  }

  private final String consumer;
  private final Attempt attempt;
  private final Slots slots;
  private final Notes notes;
  private final StreamsContext context;
  private final Duration lease;
  private final CompletionStage<Boolean> noted;
  private final Room room;
  private final AtomicReference<Place> place = new AtomicReference<>(Place.IN);
  private volatile boolean alone;
  private volatile BrokerClock.@Nullable Cancellable timer;

  /**
   * For a suspect.
   *
   * @param noted when what was known of it on arrival is with the backend
   * @param room that it takes up
   */
  Trial(
      String consumer,
      Attempt attempt,
      Slots slots,
      Notes notes,
      StreamsContext context,
      Duration lease,
      CompletionStage<Boolean> noted,
      Room room) {
    this.consumer = consumer;
    this.attempt = attempt;
    this.slots = slots;
    this.notes = notes;
    this.context = context;
    this.lease = lease;
    this.noted = noted;
    this.room = room;
  }

  @Override
  public Duration patience() {
    return atMost(LONGEST_PATIENCE);
  }

  @Override
  public Duration turn() {
    return atMost(LONGEST_TURN);
  }

  private Duration atMost(Duration most) {
    return lease.compareTo(most) < 0 ? lease : most;
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

  @Override
  public void waitsLong() {
    if (place.get() == Place.IN && room.leave() && !place.compareAndSet(Place.IN, Place.ASIDE)) {
      room.enter();
    }
  }

  /** Its message is another's, or goes back: it ends without having had a turn. */
  void withdraw() {
    if (context.company().withdraw(this)) {
      slots.startNow(attempt);
    }
  }

  /** It takes up room again, whether it runs or only ends. */
  void called() {
    if (place.getAndSet(Place.CALLED) == Place.ASIDE) {
      room.enter();
    }
  }

  /**
   * Tells the backend, on the thread of the handler that is about to run; false if the message is
   * not ours any more, or was taken away while this waited. Where the backend does not answer, it
   * runs unmarked.
   */
  boolean begin() {
    try {
      await(noted);
      if (!await(notes.write(attempt.received(), tally(alone)))) {
        return false;
      }
    } catch (RuntimeException unanswered) {
      LOG.warn(
          "consumer {}: {} may have killed a process and runs without that being noted: {}",
          consumer,
          attempt.message(),
          unanswered.getMessage());
    }
    if (attempt.cancelled()) {
      return false;
    }
    if (alone) {
      timer = context.clock().schedule(turn(), this::letOthersIn);
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
          .whenComplete((told, error) -> context.company().outstayed(this));
    }
  }

  /** Leaves word that it is still a suspect, for whoever has it next: it goes back untried. */
  CompletionStage<Boolean> handBack() {
    return notes.write(attempt.received(), attempt.tally().marked(Tally.Mark.SUSPECT));
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
