package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.BackupStatus;
import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Route;
import dev.millrace.broker.api.RouteSwitch;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A backup producer: a {@link BackupLine} with a name, a status and a lifecycle. */
final class QueuedProducer extends SendingProducer implements BackupProducer {
  private static final Logger LOG = LoggerFactory.getLogger(QueuedProducer.class);

  /** How long starting waits for a backend that may be away. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration DECLARED_AGAIN = Duration.ofSeconds(1);

  /** How long what was given up may take to reach the disk. */
  private static final Duration JOURNALED = Duration.ofSeconds(5);

  private final StreamConfig config;
  private final StreamsContext context;
  private final BackupQueue queue;
  private final RouteKeeper route;
  private final Outcomes outcomes;
  private final BackupLine line;
  private final SendForms forms;
  private final Runnable whenEmpty;
  private volatile boolean started;

  QueuedProducer(
      String name,
      StreamConfig config,
      StreamsContext context,
      BackupQueues queues,
      Runnable onClosed) {
    super(
        name,
        "backup producer",
        config.name(),
        context.closeDeadline(),
        context.clock(),
        context.telemetry().of(name, Measure.Part.PRODUCER, Measure.Part.BACKUP),
        () -> {
          queues.release(config.name());
          onClosed.run();
        });
    this.config = config;
    this.context = context;
    try {
      this.queue = queues.use(config);
    } catch (RuntimeException noJournal) {
      measures.close();
      throw noJournal;
    }
    this.route = new RouteKeeper(name, config.name(), context.clock());
    Semaphore room = SendForms.room();
    this.outcomes = new Outcomes(name, config.name(), context, measures, room, this::recordError);
    this.line =
        new BackupLine(
            context,
            config,
            new MessageIds(context.random()),
            outcomes,
            queue.backlog(),
            queue.spill(),
            route,
            queue::spilled);
    this.forms = new SendForms(this, config.name(), context, room, line);
    this.whenEmpty = line::backupIsEmpty;
    measure();
  }

  private void measure() {
    measures.read(Measure.PRODUCER_IN_FLIGHT, forms::inFlight);
    measures.read(Measure.BACKUP_SPILLED, outcomes::spilled);
    measures.read(Measure.BACKUP_JOURNALED, outcomes::journaled);
    measures.read(Measure.BACKUP_SWITCHES, route::switches);
    measures.read(Measure.BACKUP_DRAINED, queue::drained);
    measures.read(Measure.BACKUP_ROUTE, this::place);
    measures.read(Measure.BACKUP_DEPTH, () -> queue.backup().messages());
    measures.read(Measure.BACKUP_JOURNAL_DEPTH, () -> queue.journaled().messages());
    measures.read(Measure.BACKUP_JOURNAL_BYTES, queue::journalBytes);
  }

  private long place() {
    return switch (route.route()) {
      case PRIMARY -> 0;
      case BACKUP -> 1;
      case JOURNAL -> 2;
    };
  }

  @Override
  protected void doStart() {
    try {
      Duration least = context.patience().compareTo(PATIENCE) < 0 ? context.patience() : PATIENCE;
      queue.backlog().seen(Stages.await(declare(), least, "start producer", name()));
    } catch (BackendUnavailableException | InvalidStateException away) {
      LOG.warn(
          "producer {}: stream {} is declared later: {}", name(), config.name(), away.getMessage());
      declareLater();
    }
    started = true;
    queue.add(whenEmpty);
    line.resume();
  }

  private CompletionStage<StreamState> declare() {
    try {
      return context.backend().log().declare(new StreamSpec(config.name(), config.groups()));
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void declareLater() {
    BrokerClock.Cancellable unused =
        context
            .clock()
            .schedule(
                DECLARED_AGAIN,
                () -> {
                  if (started) {
                    declare().whenComplete((done, error) -> declared(error));
                  }
                });
  }

  private void declared(@Nullable Throwable error) {
    if (error == null) {
      LOG.info("producer {}: stream {} is declared", name(), config.name());
    } else {
      recordError(error);
      declareLater();
    }
  }

  @Override
  SendForms forms() {
    return forms;
  }

  @Override
  protected DrainReport doStop(Duration deadline) {
    long begun = clock.nanoTime();
    List<String> failures = forms.drain(deadline);
    if (!failures.isEmpty() && queue.spill() != null) {
      // They go to the journal now.
      failures = forms.drain(JOURNALED);
    }
    started = false;
    line.rest();
    queue.remove(whenEmpty);
    return new DrainReport(0, 0, 0, Duration.ofNanos(clock.nanoTime() - begun), failures);
  }

  @Override
  public BackupStatus status() {
    return new BackupStatus(
        route.route(),
        route.last(),
        queue.backup(),
        queue.journaled(),
        queue.journalBytes(),
        queue.drainedPerSecond());
  }

  @Override
  public BackupProducer onSwitch(Consumer<RouteSwitch> listener) {
    route.add(listener);
    return this;
  }

  @Override
  protected Map<String, Long> counts() {
    var counts = outcomes.counts();
    BackupStatus now = status();
    counts.put("in flight", forms.inFlight());
    counts.put("spilled to backup", outcomes.spilled());
    counts.put("spilled to journal", outcomes.journaled());
    counts.put("backup depth", now.backup().messages());
    counts.put("backup age ms", millis(now.backup()));
    counts.put("journal depth", now.journal().messages());
    counts.put("journal age ms", millis(now.journal()));
    counts.put("journal bytes", now.journalBytes());
    counts.put("drained", queue.drained());
    counts.put("drained per second", Math.round(now.drainedPerSecond()));
    counts.put("switches", route.switches());
    return counts;
  }

  private static long millis(BackupStatus.Depth depth) {
    return depth.oldest().map(Duration::toMillis).orElse(0L);
  }

  @Override
  protected ComponentHealth health() {
    Throwable refusal = line.refusal();
    if (refusal != null) {
      return ComponentHealth.red("the journal takes nothing: " + Trouble.text(refusal));
    }
    if (queue.stuck().isPresent()) {
      return ComponentHealth.red("the journal is not replayed: " + queue.stuck().get());
    }
    Route now = route.route();
    return now == Route.PRIMARY
        ? ComponentHealth.green()
        : ComponentHealth.yellow(
            "messages go to the "
                + (now == Route.BACKUP ? "backup stream" : "journal")
                + route.last().map(last -> ": " + last.reason()).orElse(""));
  }
}
