package dev.millrace.broker.streams;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.spi.EntryMessage;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer from one start to the next stop: an open reader, the slots that run handlers, the
 * leases held and the settlements under way.
 */
final class Session implements Reading.Deliveries, Progress.Watched {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /**
   * How long acknowledgements may take after the drain's deadline: they are the work already done.
   */
  private static final Duration SETTLE_GRACE = Duration.ofSeconds(2);

  private final String name;
  private final Duration lease;
  private final GroupRef group;
  private final StreamsContext context;
  private final ConsumerCounts counts;
  private final Behind behind;
  private final Consumer<Throwable> onError;
  private final Notes notes;
  private final Verdict verdict;
  private final Credit credit;
  private final Slots slots;
  private final Leasing leasing;
  private final Settler settler;
  private final Work work;
  private final @Nullable Batches batches;
  private final Progress progress;
  private final Reading reader;
  private volatile boolean reading = true;

  /** Suspects that wait long leave their credit to others. */
  private final Trial.Room room =
      new Trial.Room() {
        @Override
        public boolean leave() {
          boolean left = credit.stepAside();
          if (left && reading) {
            ask(credit.begin());
          }
          return left;
        }

        @Override
        public void enter() {
          credit.stepBack();
        }
      };

  Session(
      String name,
      ConsumerConfig config,
      GroupRef group,
      Work.Handlers handlers,
      StreamsContext context,
      ConsumerCounts counts,
      Behind behind,
      Consumer<Throwable> onError) {
    this.name = name;
    this.lease = config.lease();
    this.group = group;
    this.context = context;
    this.counts = counts;
    this.behind = behind;
    this.onError = onError;
    this.notes = new Notes(name, group, context.backend());
    this.verdict =
        new Verdict(name, group, config, notes.kept(), context.clock(), context.random());
    int atOnce = config.concurrency() * (handlers.batch() == null ? 1 : config.batchSize());
    this.credit = new Credit(atOnce, 4 * config.count());
    this.slots = new Slots(name, config.concurrency(), context.company(), context.clock());
    this.leasing =
        new Leasing(
            name, group, lease, context.backend().facet(Leases.class), context.clock(), counts);
    this.settler = new Settler(name, leasing, context.clock(), context.random(), counts, onError);
    this.work =
        new Work(
            name, handlers, context, counts, onError, verdict, settler, leasing, this::finished);
    this.batches =
        handlers.batch() == null
            ? null
            : new Batches(
                config.batchSize(),
                config.batchTime(),
                handlers.batch(),
                work,
                slots,
                context.clock());
    this.progress = new Progress(name, group, config, context, counts, this);
    var spec =
        new ReaderSpec(
            config.consumerName().orElseThrow(),
            config.start(),
            config.count(),
            config.block(),
            lease,
            config.workQueue());
    this.reader = new Reading(context.backend().log(), group, spec, this);
  }

  void begin() {
    leasing.start();
    progress.start();
    ask(credit.begin());
  }

  /** See {@link GroupReader#ready()}. */
  CompletionStage<Void> ready() {
    return reader.ready();
  }

  @Override
  public void deliver(GroupReader from, List<Received> batch) {
    Instant leaseUntil = leasing.fromNow();
    credit.delivered(batch.size());
    var attempts = new ArrayList<Attempt>(batch.size());
    for (Received received : batch) {
      var message =
          new EntryMessage(
              group.stream(),
              received.position(),
              received.entry(),
              context.codec(),
              context.maxMessageBytes());
      Tally tally = tally(received);
      Tally now = received.past().recovered() ? tally.died() : tally.marked(Tally.Mark.NONE);
      attempts.add(new Attempt(work, from, message, group.group(), received, now, leaseUntil));
    }
    leasing.hold(attempts);
    for (Attempt attempt : attempts) {
      Received received = attempt.received();
      if (known(received) && notes.kept()) {
        admit(attempt, received.past().recovered(), tally(received));
      } else {
        add(attempt);
      }
    }
    counts.add(What.RECEIVED, batch.size());
    progress.delivered(context.clock().nanoTime());
    if (batches != null) {
      batches.delivered();
    }
    slots.dispatch();
  }

  private static boolean known(Received received) {
    return received.past().recovered() || received.past().note().isPresent();
  }

  private Tally tally(Received received) {
    return known(received) ? notes.of(received) : Tally.NONE;
  }

  private void add(Attempt attempt) {
    if (batches == null
        || attempt.tally().failures() > 0
        || (!notes.kept() && attempt.attempt() > 1)) {
      slots.add(attempt);
    } else {
      batches.add(attempt);
    }
  }

  /** One with a past: an ordinary retry, a suspect, or one that is condemned. */
  private void admit(Attempt attempt, boolean recovered, Tally stored) {
    Tally tally = attempt.tally();
    if (verdict.condemns(tally)) {
      work.condemn(attempt);
      return;
    }
    // A mark that is over is taken away at once: who dies while this one waits, died of another.
    CompletionStage<Boolean> noted =
        stored.mark() == Tally.Mark.NONE
            ? CompletableFuture.completedFuture(true)
            : notes.write(attempt.received(), tally);
    // A mark without a death: it was handed back before its trial was over.
    if (recovered || tally.suspicious() || stored.mark() != Tally.Mark.NONE) {
      var trial = new Trial(name, attempt, slots, notes, context, lease, noted, room);
      attempt.trial(trial);
      context.company().admit(trial);
    } else {
      add(attempt);
    }
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
    progress.failing(true);
    onError.accept(error);
    LOG.warn("consumer {}: cannot read, trying on: {}", name, error.getMessage());
  }

  @Override
  public void recovered() {
    progress.failing(false);
    LOG.info("consumer {}: reads again", name);
  }

  private void finished(long tookNanos) {
    if (reading && tookNanos >= 0) {
      ask(credit.finished(tookNanos));
      return;
    }
    credit.finishedQuietly();
    // Asked after it was counted: reading may have begun again meanwhile.
    if (reading) {
      ask(credit.begin());
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
      Stages.await(reader.stop(), context.patience(), "pause consumer", name);
    } catch (RuntimeException notStopped) {
      resume();
      throw notStopped;
    }
  }

  void resume() {
    reader.resume();
    // What was granted while nobody read was never asked for.
    credit.forgotten();
    reading = true;
    ask(credit.begin());
  }

  @Override
  public boolean reading() {
    return reading;
  }

  @Override
  public Optional<String> busy() {
    if (leasing.held().stream().anyMatch(held -> held.trial() != null)) {
      return Optional.of("messages that a dead process had are handled one at a time");
    }
    return slots.full() || slots.waiting() > 0
        ? Optional.of("its handlers have been busy")
        : Optional.empty();
  }

  @Override
  public long unsettled(Duration longerThan) {
    long now = context.clock().nanoTime();
    return leasing.held().stream()
        .filter(Attempt::ended)
        .filter(attempt -> !settler.refusesMove(attempt))
        .filter(attempt -> now - attempt.endedSince(now) >= longerThan.toNanos())
        .count();
  }

  @Override
  public void seen(StreamState state) {
    behind.seen(state);
  }

  @Override
  public Optional<String> refused() {
    return settler.refused();
  }

  @Override
  public void readAnew() {
    if (reader.replace()) {
      credit.forgotten();
      ask(credit.begin());
    }
  }

  @Override
  public void tidy() {
    reader.leaveEarlier(
        earlier -> leasing.held().stream().noneMatch(held -> held.reader().equals(earlier)));
  }

  ComponentHealth health() {
    return progress.health();
  }

  DrainReport drain(Duration deadline) {
    long begun = context.clock().nanoTime();
    long endedBefore = work.ended();
    var failures = new ArrayList<String>();
    reading = false;
    progress.stop();
    attempt(failures, "stop reading", () -> await(reader.stop(), deadline, "stop consumer"));
    List<Attempt> handedBack = leasing.held().stream().filter(Attempt::cancelIfWaiting).toList();
    // When all are cancelled: the next in turn must not begin now.
    handedBack.forEach(Attempt::withdraw);
    CompletableFuture<Void> suspectsNoted = noteSuspects(handedBack);
    var exits = new Exits(leasing.held(), slots, work);
    exits.settle();
    slots.awaitIdle(deadline.minusNanos(context.clock().nanoTime() - begun));
    exits.settle();
    long cutOff = leasing.held().stream().filter(Attempt::cancel).count();
    if (!settler.awaitAll(SETTLE_GRACE)) {
      failures.add(name + ": some acknowledgements had no answer; their messages may come again");
    }
    attempt(
        failures,
        "note what is suspect",
        () -> Stages.await(suspectsNoted, SETTLE_GRACE, "stop consumer", name));
    leasing.stop();
    slots.close();
    attempt(
        failures, "leave the group", () -> await(reader.leave(), SETTLE_GRACE, "stop consumer"));
    if (cutOff > 0) {
      LOG.warn(
          "consumer {}: {} handlers were cut off at the deadline of {}", name, cutOff, deadline);
    }
    return new DrainReport(
        work.ended() - endedBefore,
        handedBack.size(),
        cutOff,
        Duration.ofNanos(context.clock().nanoTime() - begun),
        failures);
  }

  /** What waited for its turn stays a suspect in the next process. */
  private static CompletableFuture<Void> noteSuspects(List<Attempt> handedBack) {
    return CompletableFuture.allOf(
        handedBack.stream()
            .map(Attempt::trial)
            .filter(Objects::nonNull)
            .map(trial -> trial.handBack().toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  private void await(CompletionStage<?> stage, Duration atMost, String operation) {
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
