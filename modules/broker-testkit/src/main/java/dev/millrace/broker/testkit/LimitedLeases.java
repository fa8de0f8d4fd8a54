package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Leases of what a limited backend delivered. */
record LimitedLeases(Leases whole, Refusals refusals) implements Leases {
  @Override
  public CompletionStage<Set<Position>> renew(
      GroupRef group, Collection<Received> held, Duration lease) {
    return whole.renew(group, held.stream().map(LimitedReader::original).toList(), lease);
  }

  @Override
  public CompletionStage<Boolean> note(GroupRef group, Received held, String note) {
    if (!refusals.has(Feature.NOTES)) {
      return CompletableFuture.failedFuture(
          refusals.refusal("note", group.stream(), "a note on a delivery", Feature.NOTES));
    }
    return whole.note(group, LimitedReader.original(held), note);
  }
}
