package dev.millrace.broker.backend.memory.simulation;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.simulation.Tally.Event;
import dev.millrace.broker.testkit.SeededScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One stream with a backup, two groups, readers that come and go, a sender, a drainer and a
 * trimmer, all on one thread.
 */
final class World {
  static final String STREAM = "orders";
  static final Duration LEASE = Duration.ofSeconds(3);

  private static final String BACKUP = "spare";
  private static final int LIMIT = 12;
  private static final int MESSAGES = 40;
  private static final int WILD_STEPS = 1_500;
  private static final int MOST_STEPS = 200_000;

  final SeededScheduler scheduler;
  final MemoryBackend backend;
  final Tally tally;
  private final Map<String, GroupModel> groups = new TreeMap<>();
  private final List<Worker> workers = new ArrayList<>();
  private final StringBuilder trace = new StringBuilder();
  private @Nullable AssertionError broken;
  private int sent;
  private int names;

  /** Workers misbehave until it is over; then everything has to come to its end. */
  private boolean wild = true;

  World(long seed, Tally tally) {
    this.scheduler = new SeededScheduler(seed);
    this.tally = tally;
    var context = new BackendContext("simulation", "sim-" + seed, scheduler, Telemetry.none());
    this.backend = MemoryBackend.open(context, scheduler);
    groups.put("audit", new GroupModel("audit"));
    groups.put("billing", new GroupModel("billing"));
    now(backend.log().declare(new StreamSpec(STREAM, groups.keySet())));
  }

  /** What happened, in short, the same for the same seed. */
  String run() {
    try (backend) {
      groups.values().forEach(group -> workers.add(new Worker(this, group, name())));
      scheduler.execute(this::send);
      scheduler.execute(this::drain);
      scheduler.execute(this::disturb);
      for (int i = 0; i < WILD_STEPS && step(); i++) {}
      wild = false;
      groups.values().forEach(group -> workers.add(new Worker(this, group, name())));
      while (!settled() && scheduler.steps() < MOST_STEPS && step()) {}
      groups.values().forEach(group -> group.assertAllDone(sent, this::state));
      return trace.toString();
    }
  }

  private boolean step() {
    boolean more = scheduler.step();
    if (broken != null) {
      throw broken;
    }
    return more;
  }

  /** A check inside a sink: the backend logs what a sink throws, and goes on. */
  void checked(Runnable check) {
    try {
      check.run();
    } catch (AssertionError found) {
      broken = broken == null ? found : broken;
    }
  }

  boolean wild() {
    return wild;
  }

  void note(String line) {
    trace.append(line).append('\n');
  }

  /** Again later, in real terms of this world. */
  void later(Duration delay, Runnable task) {
    scheduler.schedule(delay, () -> scheduler.execute(task));
  }

  Duration upTo(Duration most) {
    return Duration.ofMillis(scheduler.random().nextLong(most.toMillis() + 1));
  }

  boolean chance(int oneIn) {
    return scheduler.random().nextInt(oneIn) == 0;
  }

  private String name() {
    return "worker-" + ++names;
  }

  private boolean settled() {
    return sent == MESSAGES && groups.values().stream().allMatch(group -> group.done() == sent);
  }

  private void send() {
    int some = Math.min(MESSAGES - sent, 1 + scheduler.random().nextInt(5));
    var line = new Dedup.InLine("sender", sent + 1, sent, Duration.ofDays(1), Optional.empty());
    AppendGuard guard = AppendGuard.none().dedup(line).maxBacklog(LIMIT).backup(BACKUP);
    var entries = new ArrayList<Entry>();
    for (int i = 0; i < some; i++) {
      entries.add(Entry.of("m" + ++sent, Fields.of("n", sent)));
    }
    List<Appended> results = now(backend.log().append(STREAM, entries, guard));
    results.forEach(result -> accepted(result, false));
    if (chance(3)) {
      tally.add(Event.REPEATED);
      now(backend.log().append(STREAM, entries, guard)).forEach(again -> accepted(again, true));
    }
    if (sent < MESSAGES) {
      later(upTo(LEASE), this::send);
    }
  }

  private void accepted(Appended result, boolean known) {
    boolean right =
        switch (result) {
          case Appended.At at -> at.duplicate() == known;
          case Appended.Spilled at -> at.duplicate() == known;
          default -> false;
        };
    if (!right) {
      throw new AssertionError("sent up to " + sent + (known ? ", again: " : ": ") + result);
    }
    if (result instanceof Appended.Spilled) {
      tally.add(Event.SPILLED);
    }
  }

  /** Goes on to the end: what is in the backup has to come out as well. */
  private void drain() {
    Backups backups = backend.facet(Backups.class).orElseThrow();
    Backups.Drained drained =
        now(backups.drain(STREAM, BACKUP, 1 + scheduler.random().nextInt(4), LIMIT));
    long furthest =
        state().groups().stream()
            .mapToLong(group -> group.pending() + group.lag().orElseThrow())
            .max()
            .orElseThrow();
    if (drained.backlog() != furthest) {
      throw new AssertionError(drained + ", and the groups say " + furthest);
    }
    if (drained.moved() > 0) {
      tally.add(Event.DRAINED);
      note("drained " + drained.moved());
      if (furthest > AppendGuard.roomAgain(LIMIT)) {
        throw new AssertionError(drained + " is above the room");
      }
    }
    later(upTo(LEASE), this::drain);
  }

  /** What happens to readers and streams from outside. */
  private void disturb() {
    if (!wild) {
      return;
    }
    List<Worker> alive = workers.stream().filter(Worker::alive).toList();
    Worker one = alive.isEmpty() ? null : alive.get(scheduler.random().nextInt(alive.size()));
    switch (scheduler.random().nextInt(8)) {
      case 0, 1 -> {
        for (GroupModel group : groups.values()) {
          if (alive.size() < 6) {
            workers.add(new Worker(this, group, name()));
          }
        }
      }
      case 2 -> end(one, true);
      case 3 -> end(one, false);
      case 4, 5 -> trim();
      case 6 -> {
        if (one != null) {
          one.stopAndGoOn();
        }
      }
      default -> {
        if (chance(4)) {
          reset();
        }
      }
    }
    later(upTo(LEASE.multipliedBy(2)), this::disturb);
  }

  private void end(@Nullable Worker worker, boolean violently) {
    if (worker == null) {
      return;
    }
    tally.add(violently ? Event.DIED : Event.LEFT);
    if (violently) {
      worker.die();
    } else {
      worker.leave();
    }
  }

  private void trim() {
    var limits =
        new Trimming.Limits(
            OptionalLong.of(0), Optional.empty(), 0, Duration.ZERO, Set.of(), true, 5);
    Trimming.Report report =
        now(backend.facet(Trimming.class).orElseThrow().trim(STREAM, limits, false));
    if (report.removed() > 0) {
      tally.add(Event.TRIMMED);
      note("trimmed " + report.removed());
    }
  }

  /** One group reads all that is left once more. */
  private void reset() {
    GroupModel group = List.copyOf(groups.values()).get(scheduler.random().nextInt(groups.size()));
    now(
        backend
            .facet(History.class)
            .orElseThrow()
            .reset(new GroupRef(STREAM, group.name()), StartPosition.beginning()));
    group.reset();
    tally.add(Event.RESET);
  }

  private StreamState state() {
    return now(backend.log().describe(STREAM));
  }

  /** The memory backend answers at once. */
  static <T> T now(CompletionStage<T> stage) {
    return stage.toCompletableFuture().getNow(null);
  }
}
