package dev.millrace.broker.streams;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides from a handler's outcome or error what becomes of the message. */
final class Verdict {
  private static final Logger LOG = LoggerFactory.getLogger(Verdict.class);
  private static final Duration UNHANDLED_FOR = Duration.ofHours(1);
  private static final Duration UNHANDLED_MAX_DELAY = Duration.ofMinutes(1);
  private static final int UNHANDLED_REMEMBERED = 10_000;

  /** Since when a message has had no handler here, and how many deliveries that has cost it. */
  private record Unhandled(Instant since, int deliveries) {}

  /** A settlement and what it counts as once it took effect. */
  record Decision(Settlement settlement, What what) {}

  private final String consumer;
  private final String group;
  private final String deadLetter;
  private final RetryPolicy retry;
  private final BrokerClock clock;
  private final RandomGenerator random;

  /** Messages that had no handler here, the oldest forgotten first. */
  private final Map<String, Unhandled> unhandled =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Unhandled> eldest) {
              return size() > UNHANDLED_REMEMBERED;
            }
          });

  Verdict(
      String consumer,
      String group,
      String deadLetter,
      RetryPolicy retry,
      BrokerClock clock,
      RandomGenerator random) {
    this.consumer = consumer;
    this.group = group;
    this.deadLetter = deadLetter;
    this.retry = retry;
    this.clock = clock;
    this.random = random;
  }

  Decision of(Attempt attempt, @Nullable Outcome outcome, @Nullable Throwable error) {
    return switch (outcome) {
      case Outcome.Done done -> new Decision(new Settlement.Ack(attempt.received()), What.HANDLED);
      case Outcome.Skip skip -> {
        LOG.info("consumer {}: {} skipped: {}", consumer, attempt.message(), skip.reason());
        yield new Decision(new Settlement.Ack(attempt.received()), What.SKIPPED);
      }
      case Outcome.DeadLetter dead -> dead(attempt, dead.reason(), null);
      case Outcome.Retry again ->
          tries(attempt) >= retry.maxAttempts()
              ? dead(
                  attempt,
                  "asked for a retry after the last of " + retry.maxAttempts() + " attempts",
                  null)
              : again(attempt, again.after());
      case null ->
          failed(
              attempt,
              error == null ? new NullPointerException("the handler returned null") : error);
    };
  }

  private Decision failed(Attempt attempt, Throwable error) {
    if (error instanceof NoHandlerException) {
      return unhandled(attempt, error);
    }
    String what = DeadLetters.describe(error);
    if (error instanceof CodecException codec && codec.operation().equals("decode payload")) {
      return dead(attempt, "cannot be decoded: " + what, error);
    }
    if (tries(attempt) >= retry.maxAttempts()) {
      return dead(attempt, "failed " + tries(attempt) + " times, last: " + what, error);
    }
    Duration delay = retry.delayAfter(tries(attempt), random.nextDouble());
    LOG.warn(
        "consumer {}: {} failed in attempt {} of {}, again in {} ms: {}",
        consumer,
        attempt.message(),
        tries(attempt),
        retry.maxAttempts(),
        delay.toMillis(),
        what);
    LOG.debug("consumer {}: the failure of {}", consumer, attempt.message(), error);
    return again(attempt, delay);
  }

  private Decision unhandled(Attempt attempt, Throwable error) {
    Instant now = clock.now();
    String id = attempt.message().id();
    Unhandled seen =
        unhandled.merge(
            id,
            new Unhandled(now, 1),
            (old, one) -> new Unhandled(old.since(), old.deliveries() + 1));
    if (Duration.between(seen.since(), now).compareTo(UNHANDLED_FOR) >= 0) {
      unhandled.remove(id);
      return dead(
          attempt, "nobody handled it for " + UNHANDLED_FOR.toMinutes() + " minutes", error);
    }
    Duration delay = Duration.ofSeconds(1L << Math.min(6, attempt.attempt() - 1));
    delay = delay.compareTo(UNHANDLED_MAX_DELAY) > 0 ? UNHANDLED_MAX_DELAY : delay;
    LOG.warn(
        "consumer {}: {} has no handler here; released for {} s",
        consumer,
        attempt.message(),
        delay.toSeconds());
    return new Decision(new Settlement.Release(attempt.received(), delay), What.UNHANDLED);
  }

  /** How often a handler has had the message: deliveries that found none do not count. */
  private int tries(Attempt attempt) {
    Unhandled seen = unhandled.get(attempt.message().id());
    return Math.max(1, attempt.attempt() - (seen == null ? 0 : seen.deliveries()));
  }

  private Decision again(Attempt attempt, Duration delay) {
    return new Decision(new Settlement.Release(attempt.received(), delay), What.RETRIED);
  }

  private Decision dead(Attempt attempt, String reason, @Nullable Throwable error) {
    LOG.error("consumer {}: {} goes to {}: {}", consumer, attempt.message(), deadLetter, reason);
    return new Decision(
        new Settlement.MoveTo(
            attempt.received(),
            deadLetter,
            DeadLetters.of(attempt, group, reason, error, clock.now())),
        What.DEAD);
  }
}
