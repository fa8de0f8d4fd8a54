package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * An open reader. Nothing is read ahead: whenever there is work and credit, one run on the executor
 * takes entries under the stream's lock and hands them to the sink without it, until it finds
 * nothing more. As there is one run at most, calls of the sink come one at a time.
 */
final class Member implements GroupReader {
  private static final System.Logger LOG = System.getLogger(Member.class.getName());

  final String consumer;
  final long leaseNanos;
  final boolean workQueue;

  /** What it holds; guarded, as all fields below, by the stream's lock. */
  final LeaseList leases = new LeaseList();

  private final MemoryGroup group;
  private final MemoryStream stream;
  private final int batch;
  private final Sink sink;
  private final Executor executor;

  private final CompletableFuture<Void> hasLeft = new CompletableFuture<>();
  private long credit;
  private boolean reading = true;
  private boolean leaving;
  private boolean left;
  private boolean running;
  // Woken, and the run has not looked for entries yet.
  private boolean fresh;
  private @Nullable Thread runner;
  private @Nullable Position recreatedAt;
  private List<CompletableFuture<Void>> whenQuiet = new ArrayList<>();

  Member(MemoryGroup group, ReaderSpec spec, Sink sink, Executor executor) {
    this.group = group;
    this.stream = group.stream;
    this.consumer = spec.consumer();
    this.leaseNanos = Nanos.of(spec.lease());
    this.workQueue = spec.workQueue();
    this.batch = Math.max(1, spec.batch());
    this.sink = sink;
    this.executor = executor;
  }

  /** The group was made with this member. */
  @Override
  public CompletionStage<Void> ready() {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public void request(int more) {
    if (more < 1) {
      throw new IllegalArgumentException("credit is " + more + "; it is 1 or more");
    }
    stream.lock();
    try {
      if (reading) {
        credit(credit + more);
        wakeOrPark();
      }
    } finally {
      stream.unlock();
    }
  }

  @Override
  public CompletionStage<List<Settled>> settle(List<Settlement> settlements) {
    return CompletableFuture.completedFuture(Settling.settle(group, settlements));
  }

  @Override
  public CompletionStage<Void> stopReading() {
    return stop(false);
  }

  @Override
  public void resumeReading() {
    stream.lock();
    try {
      if (!leaving && !reading) {
        reading = true;
        wakeOrPark();
      }
    } finally {
      stream.unlock();
    }
  }

  @Override
  public CompletionStage<Void> leave() {
    return stop(true);
  }

  @Override
  public void close() {
    stop(true);
  }

  /** Completes when it has left. */
  CompletionStage<Void> left() {
    return hasLeft;
  }

  /** Whether this thread is inside a call of the sink. */
  boolean runsHere() {
    stream.lock();
    try {
      return Thread.currentThread().equals(runner);
    } finally {
      stream.unlock();
    }
  }

  /** Under the lock: starts a run when the lock is given up. */
  void wake() {
    running = true;
    fresh = true;
    group.members.awaited(1);
    stream.wake(this);
  }

  /** Starts the run that {@link #wake} asked for; without the lock. */
  void start() {
    executor.execute(this::run);
  }

  /** Under the lock: the stream had vanished. */
  void recreated(Position from) {
    recreatedAt = from;
    if (reading && !running) {
      group.members.unpark(this);
      wake();
    }
  }

  private CompletionStage<Void> stop(boolean forGood) {
    var stopped = new CompletableFuture<Void>();
    List<CompletableFuture<Void>> quiet;
    stream.lock();
    try {
      reading = false;
      leaving |= forGood;
      credit(0);
      group.members.unpark(this);
      whenQuiet.add(stopped);
      // During a call of the sink, its end completes the stage.
      quiet = running ? List.of() : atRest();
    } finally {
      stream.unlock();
    }
    finish(quiet);
    return stopped.minimalCompletionStage();
  }

  private void run() {
    for (Runnable call = next(); call != null; call = next()) {
      try {
        call.run();
      } catch (Throwable fault) {
        // A sink must not throw; what it was given comes back when the leases run out.
        LOG.log(
            System.Logger.Level.ERROR,
            () -> "The sink of '" + consumer + "' on '" + stream.name + "' threw",
            fault);
      }
    }
  }

  private @Nullable Runnable next() {
    Runnable call;
    List<CompletableFuture<Void>> quiet;
    stream.lock();
    try {
      runner = Thread.currentThread();
      quiet = atRest();
      // Who was woken is served before this one takes more.
      call = fresh || group.members.awaited() == 0 ? nextCall() : null;
      if (fresh) {
        fresh = false;
        group.members.awaited(-1);
      }
      if (call == null) {
        running = false;
        runner = null;
        if (reading && credit > 0) {
          group.members.park(this);
        }
      }
      group.members.wake();
    } finally {
      stream.unlock();
    }
    finish(quiet);
    return call;
  }

  private @Nullable Runnable nextCall() {
    if (!reading) {
      return null;
    }
    if (recreatedAt != null) {
      Position from = recreatedAt;
      recreatedAt = null;
      return () -> sink.recreated(from);
    }
    int most = (int) Math.min(Math.min(credit, batch), group.members.share());
    List<Received> entries = most == 0 ? List.of() : group.take(this, most);
    if (entries.isEmpty()) {
      return null;
    }
    credit(credit - entries.size());
    return () -> sink.deliver(entries);
  }

  private void wakeOrPark() {
    if (running) {
      return;
    }
    if (recreatedAt != null || (credit > 0 && group.available() > 0)) {
      group.members.unpark(this);
      wake();
    } else if (credit > 0) {
      group.members.park(this);
    }
  }

  private void credit(long value) {
    if ((credit > 0) != (value > 0)) {
      group.members.hungry(value > 0 ? 1 : -1);
    }
    credit = value;
  }

  // Under the lock, between two calls of the sink.
  private List<CompletableFuture<Void>> atRest() {
    if (leaving && !left) {
      left = true;
      group.members.remove(this);
      group.handBack(this);
      whenQuiet.add(hasLeft);
    }
    if (whenQuiet.isEmpty()) {
      return List.of();
    }
    List<CompletableFuture<Void>> quiet = whenQuiet;
    whenQuiet = new ArrayList<>();
    return quiet;
  }

  private void finish(List<CompletableFuture<Void>> quiet) {
    for (CompletableFuture<Void> stage : quiet) {
      stage.complete(null);
    }
  }
}
