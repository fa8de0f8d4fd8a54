package dev.millrace.broker.testkit;

import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A member of a group of a limited backend. */
record LimitedReader(GroupRef group, GroupReader whole, Refusals refusals) implements GroupReader {
  /** What the wrapped backend delivered: the note on what was passed on. */
  static Received original(Received limited) {
    return (Received) limited.receipt();
  }

  @Override
  public CompletionStage<Void> ready() {
    return whole.ready();
  }

  @Override
  public void request(int credit) {
    whole.request(credit);
  }

  @Override
  public CompletionStage<List<Settled>> settle(List<Settlement> settlements) {
    for (Settlement each : settlements) {
      Optional<UnsupportedByBackendException> refusal = refusal(each);
      if (refusal.isPresent()) {
        return CompletableFuture.failedFuture(refusal.get());
      }
    }
    return whole.settle(settlements.stream().map(LimitedReader::unwrapped).toList());
  }

  private Optional<UnsupportedByBackendException> refusal(Settlement settlement) {
    return switch (settlement) {
      case Settlement.Ack ack -> Optional.empty();
      case Settlement.Release release
          when release.note().isPresent() && !refusals.has(Feature.NOTES) ->
          missing(Feature.NOTES, "a note with a release");
      case Settlement.Release release when release.after().isZero() ->
          missing(Feature.RELEASE, "giving a message back");
      case Settlement.Release release ->
          missing(Feature.DELAYED_RELEASE, "giving a message back with a delay");
      case Settlement.MoveTo move -> missing(Feature.MOVE, "moving a message");
      case Settlement.Answer answer -> missing(Feature.REQUESTS, "answering a request");
    };
  }

  private Optional<UnsupportedByBackendException> missing(Feature feature, String what) {
    return refusals.has(feature)
        ? Optional.empty()
        : Optional.of(refusals.refusal("settle", group.stream(), what, feature));
  }

  private static Settlement unwrapped(Settlement settlement) {
    return switch (settlement) {
      case Settlement.Ack(Received received, var skipped) ->
          new Settlement.Ack(original(received), skipped);
      case Settlement.Release(Received received, var after, var note) ->
          new Settlement.Release(original(received), after, note);
      case Settlement.MoveTo(Received received, var stream, var entry) ->
          new Settlement.MoveTo(original(received), stream, entry);
      case Settlement.Answer(Received received, var reply, var kept) ->
          new Settlement.Answer(original(received), reply, kept);
    };
  }

  @Override
  public CompletionStage<Void> stopReading() {
    return whole.stopReading();
  }

  @Override
  public void resumeReading() {
    whole.resumeReading();
  }

  @Override
  public CompletionStage<Void> leave() {
    return whole.leave();
  }

  @Override
  public void close() {
    whole.leave();
  }
}
