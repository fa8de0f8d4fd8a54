package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The visits of a cleaner from its start to its stop, one after another and never two at once. Each
 * asks for the lease; who has it looks at the stream, its stored settings, the time and the memory,
 * and trims slice by slice.
 */
final class Visits {
  private static final Logger LOG = LoggerFactory.getLogger(Visits.class);

  /** Who restarts more often than it cleans would never clean. */
  private static final Duration FIRST_WITHIN = Duration.ofMinutes(1);

  /** For whoever changes several things at once. */
  private static final Duration SOON = Duration.ofSeconds(1);

  /** A backend may answer at once: after so many slices the next one begins on a timer's stack. */
  private static final int ON_ONE_STACK = 16;

  /** How often the server's time is asked for where no rule would use it. */
  private static final Duration TIME_AT_LEAST = Duration.ofHours(1);

  private final String name;
  private final Supplier<StreamConfig> config;
  private final Cleaning cleaning;
  private final Tally tally;
  private final SteadyTime time;
  private final Consumer<Throwable> onError;
  private final Watch watch;
  private final Timetable timetable;
  private final StoredPolicy stored;
  private final Alarm alarm;
  private final Trouble trouble;
  private final MemoryWatch.Listener memory = this::measured;
  private volatile RetentionPolicy changes = RetentionPolicy.none();
  private volatile @Nullable Visit visit;
  private volatile boolean unscheduled;

  /** Whether something was changed that the visit under way may not know of. */
  private volatile boolean changed;

  /**
   * Not begun.
   *
   * @param config what the code asks for; asked for again at each visit
   * @param time survives a stop, so that a jump meanwhile is noticed
   */
  Visits(
      String name,
      Supplier<StreamConfig> config,
      Cleaning cleaning,
      Tally tally,
      SteadyTime time,
      Consumer<Throwable> onError) {
    this.name = name;
    this.config = config;
    this.cleaning = cleaning;
    this.tally = tally;
    this.time = time;
    this.onError = onError;
    this.watch =
        new Watch(
            cleaning.coordination,
            "cleaner:" + config.get().name(),
            cleaning.holder,
            cleaning.clock);
    this.timetable = new Timetable(cleaning.scheduling, cleaning.clock);
    this.stored = new StoredPolicy(name);
    this.alarm = new Alarm(name, cleaning.clock, tally);
    this.trouble = new Trouble(name);
  }

  void begin() {
    Duration interval = inForce().cleanupInterval();
    timetable.plan(jittered(shorter(interval, FIRST_WITHIN)), this::visit);
  }

  /**
   * Brings the next visit forward; one that is under way ends with its slice, and the pause after
   * an error is kept.
   */
  void soon() {
    changed = true;
    if (!trouble.present()) {
      plan(() -> timetable.hasten(SOON));
    }
  }

  /** No visit from now on. What is given back on return is on its way. */
  CompletionStage<Void> end() {
    if (timetable.end()) {
      // Between two slices; in the middle of one its answer tells.
      tell();
    }
    cleaning.memory.leave(memory);
    return release(watch::leave);
  }

  boolean leads() {
    return watch.held();
  }

  ComponentHealth health() {
    if (unscheduled) {
      return ComponentHealth.red("its timers are refused; restart it when the scheduler runs");
    }
    ComponentHealth errors = trouble.health();
    return errors.equals(ComponentHealth.green()) ? alarm.health() : errors;
  }

  private StreamConfig inForce() {
    return config.get().changedBy(changes);
  }

  private void visit() {
    changed = false;
    ask(() -> watch.take(inForce().cleanupInterval()), this::began);
  }

  private void began(boolean inCharge) {
    if (inCharge) {
      cleaning.memory.join(memory);
      // Joined after the end, it would be asked for in vain for ever.
      if (timetable.ended()) {
        cleaning.memory.leave(memory);
        return;
      }
      tally.visited();
      ask(() -> cleaning.log.describe(config.get().name()), this::look);
    } else {
      cleaning.memory.leave(memory);
      alarm.clear();
      ask(this::noted, noted -> follow());
    }
  }

  private void follow() {
    trouble.over();
    next(jittered(inForce().cleanupInterval()), this::visit);
    catchUp();
  }

  /**
   * A jump forward ends the lease of whoever was in charge: who takes it over has to have seen the
   * time before.
   */
  private CompletionStage<Optional<Instant>> noted() {
    if (cleaning.serverClock.isEmpty() || !time.olderThan(TIME_AT_LEAST)) {
      return CompletableFuture.completedFuture(time.now());
    }
    // What was changed at run time is not known here, and so not how long a jump is to be held.
    return cleaning.serverClock.get().now().thenApply(server -> Optional.of(time.note(server)));
  }

  private void look(StreamState state) {
    changes = stored.read(state.settings());
    if (!state.exists()) {
      alarm.clear();
      // It may be there, and the clock may have jumped, before the next visit.
      ask(this::noted, noted -> finish(inForce()));
      return;
    }
    ask(() -> latest(state), latest -> ask(this::share, share -> decide(state, latest, share)));
  }

  /**
   * The time from which ages are counted; read only where a rule could use it, and now and then.
   */
  private CompletionStage<Optional<Instant>> latest(StreamState state) {
    StreamConfig policy = inForce();
    boolean wanted =
        policy.maxAge().isPresent() || state.length() > policy.maxLength() || isShort();
    if (cleaning.serverClock.isEmpty() || !(wanted || time.olderThan(TIME_AT_LEAST))) {
      return CompletableFuture.completedFuture(time.now());
    }
    Duration hold = longer(policy.maxAge().orElse(Duration.ZERO), policy.minRetentionTime());
    return cleaning
        .serverClock
        .get()
        .now()
        .thenApply(server -> Optional.of(time.observe(server, hold)));
  }

  /** Measured anew where it decides: by the last measure, all visits since would cut again. */
  private CompletionStage<OptionalDouble> share() {
    return isShort()
        ? cleaning.memory.fresh()
        : CompletableFuture.completedFuture(cleaning.memory.share());
  }

  private boolean isShort() {
    return isShort(cleaning.memory.share());
  }

  private boolean isShort(OptionalDouble share) {
    return Bounds.cut(inForce().priority(), share) > 0;
  }

  private void decide(StreamState state, Optional<Instant> latest, OptionalDouble share) {
    StreamConfig policy = inForce();
    var next = new Visit(name, policy, Bounds.of(policy, share, state.length()), latest, tally);
    visit = next;
    slice(next);
  }

  private void slice(Visit now) {
    long begun = cleaning.clock.nanoTime();
    ask(
        () ->
            cleaning
                .trimming
                .trim(now.stream(), now.limits(), false)
                .thenApply(
                    // Ahead of what an end leaves undone: what is gone counts.
                    report -> {
                      now.sliced(report, Duration.ofNanos(cleaning.clock.nanoTime() - begun));
                      return report;
                    }),
        report -> sliced(now, report));
  }

  private void sliced(Visit now, Trimming.Report report) {
    if (report.more() && report.removed() > 0) {
      if (changed) {
        next(SOON, this::visitAnew);
      } else if (watch.wearsOff()) {
        next(Duration.ZERO, this::visitAnew);
      } else if (now.slices() % ON_ONE_STACK == 0) {
        next(Duration.ZERO, () -> slice(now));
      } else {
        slice(now);
      }
    } else if (report.pinnedBy().isPresent()) {
      String group = report.pinnedBy().get();
      ask(
          () -> cleaning.trimming.inspect(now.stream(), now.policy().groups()),
          facts -> {
            alarm.pinned(group, facts.needs(), now.policy().cleanupInterval());
            finish(now.policy());
          });
    } else {
      alarm.clear();
      finish(now.policy());
    }
  }

  // What is left of a visit that takes long is the next one's, which renews the lease first.
  private void visitAnew() {
    tell();
    visit();
  }

  private void finish(StreamConfig policy) {
    tell();
    trouble.over();
    Duration interval = jittered(policy.cleanupInterval());
    next(isShort() ? shorter(interval, policy.priority().urgentInterval()) : interval, this::visit);
    catchUp();
  }

  // Asked for after the plan was made: what is changed until then found none to bring forward.
  private void catchUp() {
    if (changed) {
      plan(() -> timetable.hasten(SOON));
    }
  }

  private void tell() {
    Visit done = visit;
    visit = null;
    if (done != null) {
      done.tellDrops();
    }
  }

  private void failed(Throwable error) {
    tell();
    tally.failed();
    onError.accept(error);
    Duration pause = trouble.failed(error);
    if (trouble.lasts()) {
      giveWay();
    }
    next(jittered(pause), this::visit);
  }

  /** Another process's may fare better; if none asks meanwhile, the lease is taken again. */
  private void giveWay() {
    cleaning.memory.leave(memory);
    release(watch::giveBack)
        .whenComplete(
            (back, lost) -> {
              if (lost != null) {
                LOG.debug("{}: its lease may stay until it runs out", name, lost);
              }
            });
  }

  private static CompletionStage<Void> release(Supplier<CompletionStage<Void>> lease) {
    try {
      return lease.get();
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void measured(OptionalDouble share) {
    // What fails is left alone for its pause, however short memory is.
    if (isShort(share) && !trouble.present()) {
      plan(() -> timetable.hasten(inForce().priority().urgentInterval()));
    }
  }

  /** An error at once is an answer like any other: thrown on, it would end the timer for good. */
  private <T> void ask(Supplier<CompletionStage<T>> question, Consumer<T> then) {
    CompletionStage<T> answer;
    try {
      answer = question.get();
    } catch (RuntimeException refused) {
      answer = CompletableFuture.failedFuture(refused);
    }
    answer.whenComplete(
        (value, error) -> {
          if (timetable.ended()) {
            tell();
          } else if (error != null) {
            failed(error);
          } else {
            goOn(then, value);
          }
        });
  }

  private <T> void goOn(Consumer<T> then, T value) {
    try {
      then.accept(value);
    } catch (RuntimeException fault) {
      LOG.error("{}: a fault of its own", name, fault);
      failed(fault);
    }
  }

  private void next(Duration delay, Runnable task) {
    plan(() -> timetable.plan(delay, task));
  }

  private void plan(Runnable planning) {
    try {
      planning.run();
    } catch (RuntimeException refused) {
      unscheduled = true;
      onError.accept(refused);
      LOG.error(
          "{}: its timer is refused, and it does not work until it is restarted", name, refused);
    }
  }

  /** Up to a tenth earlier or later, so that many processes do not come at once. */
  private Duration jittered(Duration interval) {
    double spread = 0.9 + 0.2 * cleaning.random.nextDouble();
    return Duration.ofNanos((long) (interval.toNanos() * spread));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
