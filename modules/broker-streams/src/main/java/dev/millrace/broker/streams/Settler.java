package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends settlements and sees each through to an answer. One without an answer, or refused by a
 * backend that is away, just starting or out of memory, is sent again while the attempt's lease is
 * held, because the backend checks repeats: its handler has run, and is not to run again for that.
 * After that the message is delivered again by itself. A refusal may last (a dead-letter stream
 * whose name is taken), so repeats of refused ones become seldom.
 */
final class Settler {
  private static final Logger LOG = LoggerFactory.getLogger(Settler.class);
  private static final Duration FIRST_REPEAT = Duration.ofMillis(100);
  private static final Duration LAST_REPEAT = Duration.ofSeconds(5);
  private static final Duration LAST_REPEAT_OF_REFUSED = Duration.ofMinutes(5);
  private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(5);

  private final String consumer;
  private final Consumer<Throwable> onError;
  private final Leasing leasing;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final ConsumerCounts counts;
  private final Gauge underWay = new Gauge();

  /** Dead letters that the backend refuses, with where they are to go. */
  private final Map<Attempt, String> refusedMoves = new ConcurrentHashMap<>();

  private final AtomicLong warnAgainAt;

  Settler(
      String consumer,
      Leasing leasing,
      BrokerClock clock,
      RandomGenerator random,
      ConsumerCounts counts,
      Consumer<Throwable> onError) {
    this.consumer = consumer;
    this.onError = onError;
    this.leasing = leasing;
    this.clock = clock;
    this.random = random;
    this.warnAgainAt = new AtomicLong(clock.nanoTime());
    this.counts = counts;
  }

  /** Settles; {@code onDone} counts what took effect. */
  void settle(Attempt attempt, Settlement settlement, What onDone) {
    underWay.up();
    send(attempt, settlement, onDone, FIRST_REPEAT, false);
  }

  /** Whether it is a dead letter that waits for the backend to take it. */
  boolean refusesMove(Attempt attempt) {
    return refusedMoves.containsKey(attempt);
  }

  /** What is refused, in words; empty: nothing. */
  Optional<String> refused() {
    var targets = new TreeSet<>(refusedMoves.values());
    return targets.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the backend refuses "
                + refusedMoves.size()
                + " dead letters for "
                + targets
                + "; they stay pending and are tried again, at least every "
                + LAST_REPEAT_OF_REFUSED.toMinutes()
                + " minutes");
  }

  boolean awaitAll(Duration atMost) {
    return underWay.awaitZero(atMost);
  }

  private void send(
      Attempt attempt,
      Settlement settlement,
      What onDone,
      Duration repeatAfter,
      boolean refusedBefore) {
    var sent = new Sent(this, attempt, settlement, onDone, repeatAfter, refusedBefore);
    try {
      attempt.reader().settle(settlement, sent);
    } catch (RuntimeException refused) {
      sent.accept(Settled.UNKNOWN);
    }
  }

  /** Waits for the answer: the one object that each message costs here. */
  private record Sent(
      Settler settler,
      Attempt attempt,
      Settlement settlement,
      What onDone,
      Duration repeatAfter,
      boolean refusedBefore)
      implements Consumer<Settled> {
    @Override
    public void accept(Settled answer) {
      settler.answered(this, answer);
    }
  }

  private void answered(Sent sent, Settled answer) {
    Attempt attempt = sent.attempt();
    Settlement settlement = sent.settlement();
    boolean refused = answer == Settled.REFUSED;
    if ((refused || answer == Settled.UNKNOWN) && leasing.holds(attempt)) {
      if (refused && !sent.refusedBefore()) {
        tellRefusal(attempt, settlement);
      }
      Duration last = refused ? LAST_REPEAT_OF_REFUSED : LAST_REPEAT;
      Duration after = sent.repeatAfter().compareTo(last) > 0 ? last : sent.repeatAfter();
      repeat(attempt, settlement, sent.onDone(), after, refused || sent.refusedBefore());
    } else {
      if (sent.refusedBefore()) {
        refusedMoves.remove(attempt);
      }
      finish(attempt, settlement, sent.onDone(), answer);
    }
  }

  private void tellRefusal(Attempt attempt, Settlement settlement) {
    var refusal =
        new BackendException(
            "settle",
            consumer,
            "REFUSED",
            "the backend refuses "
                + settlement.getClass().getSimpleName()
                + " of "
                + attempt.message(),
            "It is tried again while the lease is held; look at the backend's log",
            null);
    onError.accept(refusal);
    if (settlement instanceof Settlement.MoveTo move) {
      refusedMoves.put(attempt, move.stream());
    }
    // A thousand dead letters that meet the same refusal are one line.
    long now = clock.nanoTime();
    long due = warnAgainAt.get();
    if (now - due >= 0 && warnAgainAt.compareAndSet(due, now + BETWEEN_WARNINGS.toNanos())) {
      LOG.warn("consumer {}: {}", consumer, refusal.getMessage());
    }
  }

  private void repeat(
      Attempt attempt, Settlement settlement, What onDone, Duration after, boolean refusedBefore) {
    Duration next = after.multipliedBy(2);
    // Half of it to all of it: what was refused together is not tried again together.
    long delay = (long) (after.toNanos() * (refusedBefore ? 0.5 + random.nextDouble() / 2 : 1));
    clock.schedule(
        Duration.ofNanos(delay), () -> send(attempt, settlement, onDone, next, refusedBefore));
  }

  private void finish(Attempt attempt, Settlement settlement, What onDone, Settled answer) {
    leasing.forget(attempt);
    switch (answer) {
      case DONE -> counts.add(onDone);
      case STALE, UNKNOWN, REFUSED -> {
        counts.add(What.STALE);
        LOG.warn(
            "consumer {}: {} of {} came too late, got no answer or was refused ({}); the message may be delivered again",
            consumer,
            settlement.getClass().getSimpleName(),
            attempt.message(),
            answer);
      }
    }
    underWay.down();
  }
}
