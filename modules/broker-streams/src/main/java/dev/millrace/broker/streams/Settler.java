package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends settlements and sees each through to an answer. One without an answer, or refused by a
 * backend that is just starting, is sent again while the attempt's lease is held, because the
 * backend checks repeats; after that the message is delivered again by itself.
 */
final class Settler {
  private static final Logger LOG = LoggerFactory.getLogger(Settler.class);
  private static final Duration FIRST_REPEAT = Duration.ofMillis(100);
  private static final Duration LAST_REPEAT = Duration.ofSeconds(5);
  private static final Duration AFTER_REFUSAL = Duration.ofSeconds(30);

  private final String consumer;
  private final GroupReader reader;
  private final Leasing leasing;
  private final BrokerClock clock;
  private final ConsumerCounts counts;
  private final Gauge underWay = new Gauge();

  Settler(
      String consumer,
      GroupReader reader,
      Leasing leasing,
      BrokerClock clock,
      ConsumerCounts counts) {
    this.consumer = consumer;
    this.reader = reader;
    this.leasing = leasing;
    this.clock = clock;
    this.counts = counts;
  }

  /** Settles; {@code onDone} counts what took effect. */
  void settle(Attempt attempt, Settlement settlement, What onDone) {
    underWay.up();
    send(attempt, settlement, onDone, FIRST_REPEAT);
  }

  boolean awaitAll(Duration atMost) {
    return underWay.awaitZero(atMost);
  }

  private void send(Attempt attempt, Settlement settlement, What onDone, Duration repeatAfter) {
    ask(settlement)
        .whenComplete(
            (answers, error) -> {
              Settled answer =
                  error == null && answers != null ? answers.getFirst() : Settled.UNKNOWN;
              boolean worthRepeating =
                  answer == Settled.UNKNOWN
                      || (answer == Settled.REFUSED && !(settlement instanceof Settlement.MoveTo));
              if (worthRepeating && leasing.holds(attempt)) {
                repeat(attempt, settlement, onDone, repeatAfter);
              } else {
                finish(attempt, settlement, onDone, answer);
              }
            });
  }

  private CompletionStage<List<Settled>> ask(Settlement settlement) {
    try {
      return reader.settle(List.of(settlement));
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void repeat(Attempt attempt, Settlement settlement, What onDone, Duration after) {
    Duration next =
        after.multipliedBy(2).compareTo(LAST_REPEAT) > 0 ? LAST_REPEAT : after.multipliedBy(2);
    clock.schedule(after, () -> send(attempt, settlement, onDone, next));
  }

  private void finish(Attempt attempt, Settlement settlement, What onDone, Settled answer) {
    leasing.forget(attempt);
    switch (answer) {
      case DONE -> counts.add(onDone);
      case STALE, UNKNOWN -> {
        counts.add(What.STALE);
        LOG.warn(
            "consumer {}: {} of {} came too late or got no answer ({}); the message may be delivered again",
            consumer,
            settlement.getClass().getSimpleName(),
            attempt.message(),
            answer);
      }
      case REFUSED -> refused(attempt, settlement);
    }
    underWay.down();
  }

  /**
   * A refused move is tried again later; anything else that is refused comes back when the lease
   * ends.
   */
  private void refused(Attempt attempt, Settlement settlement) {
    LOG.error(
        "consumer {}: the backend refused {} of {}; the message stays where it is and comes back",
        consumer,
        settlement.getClass().getSimpleName(),
        attempt.message());
    if (settlement instanceof Settlement.MoveTo) {
      settle(attempt, new Settlement.Release(attempt.received(), AFTER_REFUSAL), What.RETRIED);
    }
  }
}
