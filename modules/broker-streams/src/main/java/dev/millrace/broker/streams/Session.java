package dev.millrace.broker.streams;

import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer from one start to the next stop: an open reader, the slots that run handlers, the
 * leases held and the settlements under way.
 */
final class Session implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /**
   * How long acknowledgements may take after the drain's deadline: they are the work already done.
   */
  private static final Duration SETTLE_GRACE = Duration.ofSeconds(2);

  private final String name;
  private final GroupRef group;
  private final OutcomeHandler<? super Message> handler;
  private final StreamsContext context;
  private final ConsumerCounts counts;
  private final java.util.function.Consumer<Throwable> onError;
  private final Verdict verdict;
  private final Credit credit;
  private final Slots slots;
  private final Leasing leasing;
  private final GroupReader reader;
  private final Settler settler;
  private final AtomicLong ended = new AtomicLong();
  private volatile boolean reading = true;

  Session(
      String name,
      ConsumerConfig config,
      GroupRef group,
      OutcomeHandler<? super Message> handler,
      StreamsContext context,
      ConsumerCounts counts,
      java.util.function.Consumer<Throwable> onError) {
    this.name = name;
    this.group = group;
    this.handler = handler;
    this.context = context;
    this.counts = counts;
    this.onError = onError;
    String deadLetter =
        config.deadLetter().orElseGet(() -> Names.deadLetter(group.stream(), group.group()));
    this.verdict =
        new Verdict(
            name, group.group(), deadLetter, config.retry(), context.clock(), context.random());
    this.credit = new Credit(config.concurrency(), 4 * config.count());
    this.slots = new Slots(name, config.concurrency(), this::run);
    this.leasing =
        new Leasing(
            name,
            group,
            config.lease(),
            context.backend().facet(Leases.class),
            context.clock(),
            counts);
    var spec =
        new ReaderSpec(
            config.consumerName().orElseThrow(),
            config.start(),
            config.count(),
            config.block(),
            config.lease(),
            false);
    this.reader = context.backend().log().open(group, spec, this);
    this.settler = new Settler(name, reader, leasing, context.clock(), counts);
  }

  void begin() {
    leasing.start();
    ask(credit.begin());
  }

  @Override
  public void deliver(List<Received> batch) {
    Instant leaseUntil = leasing.fromNow();
    credit.delivered(batch.size());
    for (Received received : batch) {
      var message = new ReceivedMessage(group.stream(), received, context.codec());
      var attempt = new Attempt(message, group.group(), received, leaseUntil);
      leasing.hold(attempt);
      slots.add(attempt);
    }
    counts.add(What.RECEIVED, batch.size());
    slots.dispatch();
  }

  @Override
  public void recreated(Position from) {
    counts.add(What.RECREATED);
    LOG.error(
        "consumer {}: the stream '{}' or its group '{}' had vanished and was made again; reading goes on after {}",
        name,
        group.stream(),
        group.group(),
        from);
  }

  @Override
  public void failed(Throwable error) {
    onError.accept(error);
    LOG.warn("consumer {}: cannot read, trying on: {}", name, error.getMessage());
  }

  @Override
  public void recovered() {
    LOG.info("consumer {}: reads again", name);
  }

  /** The whole life of an attempt, on its virtual thread. */
  private void run(Attempt attempt) {
    if (!attempt.begin()) {
      credit.finishedQuietly();
      return;
    }
    long begun = context.clock().nanoTime();
    Outcome outcome = null;
    Throwable error = null;
    try {
      outcome = handler.handle(attempt.message(), attempt);
    } catch (
        Throwable thrown) { // a handler's StackOverflowError is its failure, not the consumer's
      error = thrown;
    }
    long took = context.clock().nanoTime() - begun;
    if (attempt.end()) {
      ended.incrementAndGet();
      settle(attempt, outcome, error);
    }
    context.telemetry().time("consumer.handle", name, took);
    if (reading) {
      ask(credit.finished(took));
    } else {
      credit.finishedQuietly();
    }
  }

  private void settle(Attempt attempt, @Nullable Outcome outcome, @Nullable Throwable error) {
    try {
      if (error != null && !(error instanceof NoHandlerException)) {
        counts.add(What.FAILED);
        onError.accept(error);
      }
      Verdict.Decision decision = verdict.of(attempt, outcome, error);
      settler.settle(attempt, decision.settlement(), decision.what());
    } catch (RuntimeException unexpected) {
      // An error whose own getMessage() throws, for instance. Unrenewed, the message comes back.
      leasing.forget(attempt);
      LOG.error("consumer {}: could not settle {}", name, attempt.message(), unexpected);
    }
  }

  private void ask(int more) {
    if (more > 0) {
      reader.request(more);
    }
  }

  void pause() {
    reading = false;
    try {
      Stages.await(reader.stopReading(), context.patience(), "pause consumer", name);
    } catch (RuntimeException notStopped) {
      credit.forgotten();
      resume();
      throw notStopped;
    }
    credit.forgotten();
  }

  void resume() {
    reader.resumeReading();
    reading = true;
    ask(credit.begin());
  }

  DrainReport drain(Duration deadline) {
    long begun = context.clock().nanoTime();
    long endedBefore = ended.get();
    var failures = new ArrayList<String>();
    reading = false;
    attempt(failures, "stop reading", () -> await(reader.stopReading(), deadline, "stop consumer"));
    long handedBack = leasing.held().stream().filter(Attempt::cancelIfWaiting).count();
    slots.awaitIdle(deadline.minusNanos(context.clock().nanoTime() - begun));
    long cutOff = leasing.held().stream().filter(Attempt::cancel).count();
    if (!settler.awaitAll(SETTLE_GRACE)) {
      failures.add(name + ": some acknowledgements had no answer; their messages may come again");
    }
    leasing.stop();
    attempt(
        failures, "leave the group", () -> await(reader.leave(), SETTLE_GRACE, "stop consumer"));
    if (cutOff > 0) {
      LOG.warn(
          "consumer {}: {} handlers were cut off at the deadline of {}", name, cutOff, deadline);
    }
    return new DrainReport(
        ended.get() - endedBefore,
        handedBack,
        cutOff,
        Duration.ofNanos(context.clock().nanoTime() - begun),
        failures);
  }

  private void await(
      java.util.concurrent.CompletionStage<?> stage, Duration atMost, String operation) {
    Stages.await(
        stage, atMost.compareTo(SETTLE_GRACE) < 0 ? SETTLE_GRACE : atMost, operation, name);
  }

  private static void attempt(List<String> failures, String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException failed) {
      failures.add("could not " + what + ": " + failed.getMessage());
    }
  }

  long running() {
    return slots.running();
  }

  long waiting() {
    return slots.waiting();
  }
}
