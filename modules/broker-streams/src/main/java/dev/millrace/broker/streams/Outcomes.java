package dev.millrace.broker.streams;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BatchSendException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamFullException;
import dev.millrace.broker.api.UnconfirmedSendException;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import dev.millrace.broker.api.spi.Stages;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells senders what became of their messages, and counts. */
final class Outcomes {
  private static final Logger LOG = LoggerFactory.getLogger(Outcomes.class);

  private final String producer;
  private final String stream;
  private final BrokerClock clock;
  private final Measurements measures;
  private final Semaphore room;
  private final Handover handover;
  private final Consumer<Throwable> errors;
  private final LongAdder accepted = new LongAdder();
  private final LongAdder spilled = new LongAdder();
  private final LongAdder journaled = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder ambiguous = new LongAdder();

  /**
   * For one producer.
   *
   * @param room gets a permit back for each message
   * @param errors is told what a listing is to show
   */
  Outcomes(
      String producer,
      String stream,
      StreamsContext context,
      Measurements measures,
      Semaphore room,
      Consumer<Throwable> errors) {
    this.producer = producer;
    this.stream = stream;
    this.clock = context.clock();
    this.measures = measures;
    this.room = room;
    this.handover = new Handover(producer, context.clock());
    this.errors = errors;
    measures.read(Measure.PRODUCER_ACCEPTED, accepted::sum);
    measures.read(Measure.PRODUCER_DUPLICATES, duplicates::sum);
    measures.read(Measure.PRODUCER_FAILED, failed::sum);
    measures.read(Measure.PRODUCER_AMBIGUOUS, ambiguous::sum);
  }

  /** The outcomes of an append; where it failed as a whole, the same for each. */
  void done(List<Parcel> parcels, @Nullable List<Appended> answers, @Nullable Throwable error) {
    tell(parcels, i -> item(parcels.get(i), answers == null ? null : answers.get(i), error));
  }

  /** They are in the journal. */
  void journaled(List<Parcel> parcels) {
    journaled.add(parcels.size());
    tell(
        parcels,
        i ->
            new BatchSendException.Item(
                Optional.of(new SendResult.SpilledToJournal(parcels.get(i).id().orElseThrow())),
                Optional.empty()));
  }

  private void tell(List<Parcel> parcels, IntFunction<BatchSendException.Item> items) {
    room.release(parcels.size());
    measures.time(Measure.PRODUCER_SEND, clock.nanoTime() - parcels.getFirst().begun);
    for (int i = 0; i < parcels.size(); i++) {
      Parcel parcel = parcels.get(i);
      BatchSendException.Item item = items.apply(i);
      if (parcel.handedOver) {
        handover.add(() -> parcel.done(item));
      } else {
        parcel.done(item);
      }
    }
    handover.start();
  }

  Map<String, Long> counts() {
    var counts = new LinkedHashMap<String, Long>();
    counts.put("accepted", accepted.sum());
    counts.put("duplicates", duplicates.sum());
    counts.put("failed", failed.sum());
    counts.put("ambiguous", ambiguous.sum());
    return counts;
  }

  /** How many went to a backup stream. */
  long spilled() {
    return spilled.sum();
  }

  /** How many went to the journal. */
  long journaled() {
    return journaled.sum();
  }

  private BatchSendException.Item item(
      Parcel parcel, @Nullable Appended answer, @Nullable Throwable error) {
    String id = parcel.id().orElse("");
    if (answer instanceof Appended.At at) {
      accepted.increment();
      if (at.duplicate()) {
        duplicates.increment();
      }
      return new BatchSendException.Item(
          Optional.of(new SendResult.Accepted(id, at.position().value())), Optional.empty());
    }
    if (answer instanceof Appended.Spilled) {
      spilled.increment();
      return new BatchSendException.Item(
          Optional.of(new SendResult.SpilledToBackup(id)), Optional.empty());
    }
    BrokerException problem = problem(id, answer, error);
    if (problem instanceof AmbiguousSendException) {
      ambiguous.increment();
    } else {
      failed.increment();
    }
    errors.accept(problem);
    LOG.debug("producer {}: {}", producer, problem.getMessage());
    return new BatchSendException.Item(Optional.empty(), Optional.of(problem));
  }

  private BrokerException problem(String id, @Nullable Appended answer, @Nullable Throwable error) {
    return switch (answer) {
      case Appended.Full full ->
          new StreamFullException(
              stream, full.backlog(), "the stream has " + full.backlog() + " unread messages");
      case Appended.Ambiguous unknown ->
          new AmbiguousSendException(
              stream, id, String.valueOf(unknown.cause().getMessage()), unknown.cause());
      case Appended.Forgotten forgotten ->
          new AmbiguousSendException(stream, id, forgotten.why(), null);
      case Appended.Unconfirmed stored ->
          new UnconfirmedSendException(stream, id, stored.position().value(), stored.why());
      case Appended.Failed refused -> refused.error();
      case null, default -> Stages.asBrokerException("send", stream, error);
    };
  }
}
