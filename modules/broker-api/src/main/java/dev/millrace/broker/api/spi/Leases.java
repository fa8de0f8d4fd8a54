package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Keeps deliveries with their reader while handlers run. */
public interface Leases {
  /**
   * Renews.
   *
   * @param held deliveries not yet settled
   * @param lease from now on
   * @return the positions that were renewed; one that is missing belongs to somebody else now, was
   *     settled, or is gone
   */
  CompletionStage<Set<Position>> renew(GroupRef group, Collection<Received> held, Duration lease);

  /**
   * Leaves a note with a delivery that is still held: when its reader dies, the next one is told.
   * Needs {@link BackendFeatures.Feature#NOTES}.
   *
   * @param note at most {@value Settlement.Release#NOTE_LENGTH} characters; empty text: none
   * @return whether it was written; false: the delivery belongs to somebody else now, was settled,
   *     or is gone
   */
  CompletionStage<Boolean> note(GroupRef group, Received held, String note);
}
