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
}
