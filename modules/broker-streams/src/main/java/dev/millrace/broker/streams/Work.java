package dev.millrace.broker.streams;

import dev.millrace.broker.api.HandlerTimeoutException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeBatchHandler;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs handlers, on virtual threads, and hands what they decided to the settler. */
final class Work {
  private static final Logger LOG = LoggerFactory.getLogger(Work.class);

  /** What a consumer runs. */
  record Handlers(
      OutcomeHandler<? super Message> single,
      @Nullable OutcomeBatchHandler<Message> batch,
      Optional<Duration> limit) {}

  private final String name;
  private final Handlers handlers;
  private final boolean limited;
  private final StreamsContext context;
  private final ConsumerCounts counts;
  private final Consumer<Throwable> onError;
  private final Verdict verdict;
  private final Settler settler;
  private final Leasing leasing;
  private final LongConsumer finished;
  private final AtomicLong ended = new AtomicLong();

  /**
   * For a session.
   *
   * @param finished told after each attempt how many nanoseconds its handler ran, or -1 if it did
   *     not
   */
  Work(
      String name,
      Handlers handlers,
      StreamsContext context,
      ConsumerCounts counts,
      Consumer<Throwable> onError,
      Verdict verdict,
      Settler settler,
      Leasing leasing,
      LongConsumer finished) {
    this.name = name;
    this.handlers = handlers;
    this.limited = handlers.limit().isPresent();
    this.context = context;
    this.counts = counts;
    this.onError = onError;
    this.verdict = verdict;
    this.settler = settler;
    this.leasing = leasing;
    this.finished = finished;
  }

  /** How many attempts came to their end. */
  long ended() {
    return ended.get();
  }

  /** The whole life of an attempt, on its virtual thread. */
  void run(Attempt attempt) {
    Trial trial = attempt.trial();
    long took = -1;
    if (trial != null) {
      trial.called();
    }
    try {
      if (attempt.begin() && (trial == null || begin(trial, attempt))) {
        took = handle(attempt);
      }
    } finally {
      if (trial != null) {
        trial.end();
      }
      finished.accept(took);
    }
  }

  private boolean begin(Trial trial, Attempt attempt) {
    if (trial.begin()) {
      return true;
    }
    clearInterrupt();
    if (attempt.end()) {
      leasing.forget(attempt);
      counts.add(What.LEASES_LOST);
    }
    return false;
  }

  /** Of an attempt that has begun; how long its handler took. */
  private long handle(Attempt attempt) {
    TimeLimit limit = limited ? limit(List.of(attempt)) : null;
    long begun = context.clock().nanoTime();
    Outcome outcome = null;
    Throwable error = null;
    try {
      outcome = handlers.single().handle(attempt.message(), attempt);
    } catch (
        Throwable thrown) { // a handler's StackOverflowError is its failure, not the consumer's
      error = thrown;
    }
    long took = context.clock().nanoTime() - begun;
    if (limit != null && limit.end()) {
      outcome = null;
      error = timeout();
    }
    end(attempt, outcome, error);
    counts.took(took);
    return took;
  }

  /** The whole life of a batch, on its virtual thread. */
  void run(List<Attempt> all, OutcomeBatchHandler<Message> handler) {
    var batch = new ArrayList<Attempt>(all.size());
    for (Attempt attempt : all) {
      if (attempt.begin()) {
        batch.add(attempt);
      } else {
        finished.accept(-1);
      }
    }
    if (batch.isEmpty()) {
      return;
    }
    long share = 0;
    int left = batch.size();
    try {
      long begun = context.clock().nanoTime();
      List<Outcome> outcomes = together(batch, handler);
      long took = context.clock().nanoTime() - begun;
      share = took / batch.size();
      counts.took(took);
      for (int i = 0; i < batch.size(); i++) {
        left--;
        if (outcomes != null) {
          end(batch.get(i), outcomes.get(i), null);
          finished.accept(share);
        } else {
          finished.accept(batch.get(i).cancelled() ? -1 : handle(batch.get(i)));
        }
      }
    } finally {
      for (; left > 0; left--) {
        finished.accept(share);
      }
    }
  }

  /** What the handler decided of each; null if they are to be handled one by one. */
  private @Nullable List<Outcome> together(
      List<Attempt> batch, OutcomeBatchHandler<Message> handler) {
    if (batch.size() == 1) {
      return null;
    }
    List<Message> messages = batch.stream().map(Attempt::message).toList();
    TimeLimit limit = limited ? limit(batch) : null;
    List<Outcome> outcomes = null;
    Throwable error = null;
    try {
      outcomes = handler.handle(messages, List.copyOf(batch));
      Consumers.checkCount(outcomes, batch.size());
    } catch (Throwable thrown) {
      error = thrown;
    }
    if (limit != null && limit.end()) {
      error = timeout();
    }
    clearInterrupt();
    if (error == null) {
      return outcomes;
    }
    batch.forEach(Attempt::again);
    LOG.warn(
        "consumer {}: a batch of {} failed and is handled one by one: {}",
        name,
        batch.size(),
        DeadLetters.describe(error));
    return null;
  }

  private TimeLimit limit(List<Attempt> attempts) {
    return TimeLimit.begin(name, attempts, handlers.limit().orElseThrow(), context.clock());
  }

  private HandlerTimeoutException timeout() {
    return new HandlerTimeoutException(name, handlers.limit().orElseThrow());
  }

  private void end(Attempt attempt, @Nullable Outcome outcome, @Nullable Throwable error) {
    boolean settles = attempt.end();
    clearInterrupt();
    if (settles) {
      ended.incrementAndGet();
      settle(attempt, outcome, error);
    }
  }

  /** An interrupt was meant for the handler, and nothing that comes after it is to be cut off. */
  private void clearInterrupt() {
    if (Thread.interrupted()) {
      LOG.debug("consumer {}: a handler ended with its thread interrupted", name);
    }
  }

  private void settle(Attempt attempt, @Nullable Outcome outcome, @Nullable Throwable error) {
    try {
      if (error != null && !(error instanceof NoHandlerException)) {
        counts.add(What.FAILED);
        onError.accept(error);
      }
      settle(attempt, verdict.of(attempt, outcome, error));
    } catch (Throwable unexpected) {
      // An error whose own getMessage() throws, for instance. Unrenewed, the message comes back.
      leasing.forget(attempt);
      LOG.error("consumer {}: could not settle {}", name, attempt.message(), unexpected);
    }
  }

  /** Settles one whose handler will not come back, because it ends the process. */
  boolean exits(Attempt attempt, boolean alone) {
    boolean settles = attempt.end();
    if (settles) {
      settle(attempt, verdict.exited(attempt, alone));
    }
    return settles;
  }

  /** Settles one that is not run, because processes die of it. */
  void condemn(Attempt attempt) {
    if (attempt.begin() && attempt.end()) {
      settle(attempt, verdict.crashed(attempt));
    }
    finished.accept(-1);
  }

  private void settle(Attempt attempt, Verdict.Decision decision) {
    settler.settle(attempt, decision.settlement(), decision.what());
  }
}
