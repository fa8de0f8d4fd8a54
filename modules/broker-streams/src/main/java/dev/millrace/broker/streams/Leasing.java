package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the leases of a consumer's messages: every third of a lease it renews all that are waiting
 * or running, and cancels those that belong to somebody else by now. On a backend without leases it
 * only keeps the list.
 */
final class Leasing {
  private static final Logger LOG = LoggerFactory.getLogger(Leasing.class);

  private final String consumer;
  private final GroupRef group;
  private final Duration lease;
  private final Optional<Leases> leases;
  private final BrokerClock clock;
  private final ConsumerCounts counts;
  private final Set<Lot> held = ConcurrentHashMap.newKeySet();
  private volatile BrokerClock.@Nullable Cancellable timer;
  private volatile boolean stopped;

  Leasing(
      String consumer,
      GroupRef group,
      Duration lease,
      Optional<Leases> leases,
      BrokerClock clock,
      ConsumerCounts counts) {
    this.consumer = consumer;
    this.group = group;
    this.lease = lease;
    this.leases = leases;
    this.clock = clock;
    this.counts = counts;
  }

  /** When a lease that begins now ends. */
  Instant fromNow() {
    return leases.isPresent() ? clock.now().plus(lease) : Instant.MAX;
  }

  /** Holds what was delivered together. */
  void hold(List<Attempt> delivered) {
    held.add(new Lot(delivered));
  }

  boolean holds(Attempt attempt) {
    return attempt.lot().holds(attempt.index());
  }

  void forget(Attempt attempt) {
    if (attempt.lot().forget(attempt.index())) {
      held.remove(attempt.lot());
    }
  }

  /** Those that are held now. */
  List<Attempt> held() {
    var all = new ArrayList<Attempt>();
    held.forEach(lot -> lot.forEach(all::add));
    return all;
  }

  void start() {
    if (leases.isPresent()) {
      schedule();
    }
  }

  void stop() {
    stopped = true;
    BrokerClock.Cancellable pending = timer;
    if (pending != null) {
      pending.cancel();
    }
  }

  private void schedule() {
    if (!stopped) {
      timer = clock.schedule(lease.dividedBy(3), this::renew);
    }
  }

  private void renew() {
    schedule();
    List<Attempt> attempts = held();
    if (attempts.isEmpty() || leases.isEmpty()) {
      return;
    }
    Instant until = fromNow();
    leases
        .get()
        .renew(group, attempts.stream().map(Attempt::received).toList(), lease)
        .whenComplete(
            (renewed, error) -> {
              if (error == null) {
                counts.add(What.RENEWED, renewed.size());
                attempts.forEach(attempt -> renewed(attempt, renewed, until));
              } else {
                // The backend is away: the lease may still hold when it is back, so work goes on.
                LOG.warn(
                    "consumer {}: could not renew {} leases: {}",
                    consumer,
                    attempts.size(),
                    error.getMessage());
              }
            });
  }

  private void renewed(Attempt attempt, Set<Position> renewed, Instant until) {
    if (renewed.contains(attempt.received().position())) {
      attempt.leased(until);
    } else if (attempt.cancel()) {
      // One that has ended is left to its settlement, which is answered stale or repeated.
      forget(attempt);
      attempt.withdraw();
      counts.add(What.LEASES_LOST);
      LOG.warn(
          "consumer {}: the lease of {} is lost; its handler is interrupted and its outcome will not count",
          consumer,
          attempt.message());
    }
  }
}
