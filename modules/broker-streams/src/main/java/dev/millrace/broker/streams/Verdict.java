package dev.millrace.broker.streams;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides from a handler's outcome or error what becomes of the message. */
final class Verdict {
  private static final Logger LOG = LoggerFactory.getLogger(Verdict.class);
  private static final Duration UNHANDLED_FOR = Duration.ofHours(1);
  private static final Duration UNHANDLED_MIN_DELAY = Duration.ofSeconds(1);
  private static final Duration UNHANDLED_MAX_DELAY = Duration.ofMinutes(1);

  /** A settlement and what it counts as once it took effect. */
  record Decision(Settlement settlement, What what) {}

  private final String consumer;
  private final String group;
  private final String deadLetter;
  private final RetryPolicy retry;
  private final boolean noted;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Unhandled unhandled = new Unhandled();

  /**
   * For a consumer.
   *
   * @param noted whether the backend keeps notes; failures are then counted by them, and otherwise
   *     each delivery counts as one
   */
  Verdict(
      String consumer,
      GroupRef group,
      ConsumerConfig config,
      boolean noted,
      BrokerClock clock,
      RandomGenerator random) {
    this.consumer = consumer;
    this.group = group.group();
    this.deadLetter =
        config.deadLetter().orElseGet(() -> Names.deadLetter(group.stream(), group.group()));
    this.retry = config.retry();
    this.noted = noted;
    this.clock = clock;
    this.random = random;
  }

  /** Of an attempt that ended. */
  Decision of(Attempt attempt, @Nullable Outcome outcome, @Nullable Throwable error) {
    return switch (outcome) {
      case Outcome.Done done -> new Decision(new Settlement.Ack(attempt.received()), What.HANDLED);
      case Outcome.Skip skip -> {
        LOG.info("consumer {}: {} skipped: {}", consumer, attempt.message(), skip.reason());
        yield new Decision(new Settlement.Ack(attempt.received(), true), What.SKIPPED);
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

  /** Whether a message has killed too many processes to be tried again. */
  boolean condemns(Tally tally) {
    return tally.condemned(retry.maxCrashes());
  }

  /** Of a message that is not tried again, because processes die of it. */
  Decision crashed(Attempt attempt) {
    Tally tally = attempt.tally();
    String reason =
        tally.crashes() >= retry.maxCrashes()
            ? "crashed " + tally.crashes() + " times: its process died while it was handled alone"
            : "crashed perhaps: its process died "
                + tally.suspicions()
                + " times while it was handled beside others";
    return dead(attempt, reason, null, tally.failures());
  }

  /**
   * Of an attempt whose handler ends this process.
   *
   * @param alone whether it is the handler's only message
   */
  Decision exited(Attempt attempt, boolean alone) {
    Tally tally = attempt.tally().exited(alone);
    LOG.error("consumer {}: the handler of {} ends this process", consumer, attempt.message());
    return release(attempt, Duration.ZERO, tally, What.RETRIED);
  }

  private Decision failed(Attempt attempt, Throwable error) {
    if (error instanceof NoHandlerException) {
      return unhandled(attempt, error);
    }
    String what = DeadLetters.describe(error);
    if (error instanceof CodecException codec && codec.operation().equals("decode payload")) {
      return dead(attempt, "cannot be decoded: " + what, error);
    }
    RetryPolicy policy = retry.policyFor(error);
    int tries = tries(attempt);
    if (tries >= policy.maxAttempts()) {
      return dead(attempt, "failed " + tries + " times, last: " + what, error);
    }
    Duration delay = policy.delayAfter(tries, random.nextDouble());
    LOG.warn(
        "consumer {}: {} failed in attempt {} of {}, again in {} ms: {}",
        consumer,
        attempt.message(),
        tries,
        policy.maxAttempts(),
        delay.toMillis(),
        what);
    LOG.debug("consumer {}: the failure of {}", consumer, attempt.message(), error);
    return again(attempt, delay);
  }

  private Decision unhandled(Attempt attempt, Throwable error) {
    Instant now = clock.now();
    String id = attempt.message().id();
    Tally tally = attempt.tally().unhandled(now.toEpochMilli());
    Instant since = noted ? Instant.ofEpochMilli(tally.unhandledSince()) : unhandled.seen(id, now);
    Duration waited = Duration.between(since, now);
    if (waited.compareTo(UNHANDLED_FOR) >= 0) {
      unhandled.forget(id);
      return dead(
          attempt, "nobody handled it for " + UNHANDLED_FOR.toMinutes() + " minutes", error);
    }
    // As long again as it has waited: the delays double.
    Duration delay = waited.compareTo(UNHANDLED_MIN_DELAY) < 0 ? UNHANDLED_MIN_DELAY : waited;
    delay = delay.compareTo(UNHANDLED_MAX_DELAY) > 0 ? UNHANDLED_MAX_DELAY : delay;
    LOG.warn(
        "consumer {}: {} has no handler here; released for {} s",
        consumer,
        attempt.message(),
        delay.toSeconds());
    return release(attempt, delay, tally, What.UNHANDLED);
  }

  /** How often a handler has had the message, this time included. */
  private int tries(Attempt attempt) {
    return noted
        ? attempt.tally().failures() + 1
        : Math.max(1, attempt.attempt() - unhandled.deliveries(attempt.message().id()));
  }

  private Decision again(Attempt attempt, Duration delay) {
    return release(attempt, delay, attempt.tally().failed(), What.RETRIED);
  }

  private Decision release(Attempt attempt, Duration delay, Tally tally, What what) {
    Optional<String> note = noted ? Optional.of(tally.text()) : Optional.empty();
    return new Decision(new Settlement.Release(attempt.received(), delay, note), what);
  }

  private Decision dead(Attempt attempt, String reason, @Nullable Throwable error) {
    return dead(attempt, reason, error, tries(attempt));
  }

  private Decision dead(Attempt attempt, String reason, @Nullable Throwable error, int tries) {
    LOG.error("consumer {}: {} goes to {}: {}", consumer, attempt.message(), deadLetter, reason);
    int attempts = tries + attempt.tally().crashes();
    return new Decision(
        new Settlement.MoveTo(
            attempt.received(),
            deadLetter,
            DeadLetters.of(attempt, group, reason, error, attempts, clock.now())),
        What.DEAD);
  }
}
