package dev.millrace.broker.streams;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A member of a consumer group. Each time it starts it opens a new {@link Session}; between
 * sessions it only keeps its counts.
 */
final class StreamConsumer extends ComponentBase implements Consumer {
  private final ConsumerConfig config;
  private final GroupRef group;
  private final Work.Handlers handlers;
  private final StreamsContext context;
  private final ConsumerCounts counts;
  private final Behind behind;
  private volatile @Nullable Session session;

  StreamConsumer(
      String name,
      ConsumerConfig config,
      Work.Handlers handlers,
      StreamsContext context,
      Runnable onClosed) {
    super(
        name,
        "consumer",
        config.stream(),
        context.closeDeadline(),
        context.clock(),
        context.telemetry().of(name, Measure.Part.CONSUMER),
        onClosed);
    this.config = config;
    this.group = new GroupRef(config.stream(), config.group().orElseThrow());
    this.handlers = handlers;
    this.context = context;
    this.counts = new ConsumerCounts(measures);
    this.behind = new Behind(group, context.backend().log(), context.clock());
    measures.read(Measure.CONSUMER_RUNNING, this::running);
    measures.read(Measure.CONSUMER_WAITING, this::waiting);
    measures.read(Measure.CONSUMER_LAG, () -> session == null ? Behind.UNKNOWN : behind.lag());
    measures.read(
        Measure.CONSUMER_PENDING, () -> session == null ? Behind.UNKNOWN : behind.pending());
    measures.read(
        Measure.CONSUMER_PARKED, () -> session == null ? Behind.UNKNOWN : behind.parked());
  }

  @Override
  protected void doStart() {
    // Asked first so that a backend that is away is the caller's error and not a reader that tries
    // in silence.
    StreamState state =
        Stages.await(
            context.backend().log().declare(new StreamSpec(config.stream(), Set.of())),
            context.patience(),
            "start consumer",
            name());
    behind.seen(state);
    if (config.workQueue()) {
      refuseOtherGroups(state);
    }
    Session opened =
        new Session(name(), config, group, handlers, context, counts, behind, this::recordError);
    session = opened;
    opened.begin();
    if (config.start() instanceof StartPosition.Latest && !hasGroup(state)) {
      awaitGroup(opened);
    }
  }

  /**
   * The reader makes the group in its own time, and what is sent before that would be before the
   * position it begins at: whoever has started it could not rely on anything.
   */
  private void awaitGroup(Session opened) {
    Duration patience = context.patience();
    // The time runs before it is asked: who sees that it was may rely on the timer.
    var there = new CompletableFuture<Void>();
    BrokerClock.Cancellable late =
        clock.schedule(patience, () -> there.completeExceptionally(notMadeWithin(patience)));
    try {
      var unused =
          opened
              .ready()
              .whenComplete(
                  (made, error) -> {
                    if (error == null) {
                      there.complete(null);
                    } else {
                      there.completeExceptionally(error);
                    }
                  });
      // Longer, so that a clock which does not stand still is the one that tells.
      Stages.await(there, patience.multipliedBy(2), "start consumer", name());
    } catch (RuntimeException failed) {
      end(opened);
      throw failed;
    } finally {
      late.cancel();
    }
  }

  private InvalidStateException notMadeWithin(Duration patience) {
    return new InvalidStateException(
        "start consumer",
        name(),
        "its group was not made within " + patience,
        "Look whether the backend is slow, and start it again");
  }

  private void end(Session opened) {
    session = null;
    opened.drain(Duration.ZERO);
  }

  private boolean hasGroup(StreamState state) {
    return state.groups().stream().anyMatch(there -> there.name().equals(group.group()));
  }

  /** What one group acknowledges is deleted, and another one would never see it. */
  private void refuseOtherGroups(StreamState state) {
    List<String> others =
        state.groups().stream()
            .map(StreamState.Group::name)
            .filter(other -> !other.equals(group.group()))
            .toList();
    if (!others.isEmpty()) {
      throw new InvalidConfigException(
          "start consumer",
          name(),
          List.of(
              "workQueue deletes what is acknowledged, and '"
                  + config.stream()
                  + "' has other groups that read it: "
                  + others));
    }
  }

  @Override
  protected ComponentHealth health() {
    Session open = session;
    return open == null ? ComponentHealth.green() : open.health();
  }

  @Override
  protected DrainReport doStop(Duration deadline) {
    Session open = session;
    session = null;
    return open == null ? DrainReport.nothing() : open.drain(deadline);
  }

  @Override
  public void pause() {
    change(State.RUNNING, State.PAUSED, () -> open("pause").pause());
  }

  @Override
  public void resume() {
    change(State.PAUSED, State.RUNNING, () -> open("resume").resume());
  }

  private Session open(String operation) {
    Session open = session;
    if (open == null) {
      throw new InvalidStateException(operation, name(), "it is not running", "Start it first");
    }
    return open;
  }

  @Override
  protected Map<String, Long> counts() {
    var all = new LinkedHashMap<>(counts.snapshot());
    all.put("running", running());
    all.put("waiting", waiting());
    return all;
  }

  private long running() {
    Session open = session;
    return open == null ? 0 : open.running();
  }

  private long waiting() {
    Session open = session;
    return open == null ? 0 : open.waiting();
  }
}
