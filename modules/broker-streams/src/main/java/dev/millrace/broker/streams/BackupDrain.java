package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BackupStatus;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the backup of one stream back to it, a batch at a time, while this process holds the lease
 * for that; else it only looks how long the backup is. Thread-safe; nothing here blocks.
 */
final class BackupDrain {
  private static final Logger LOG = LoggerFactory.getLogger(BackupDrain.class);
  private static final int BATCH = 256;

  /** While something waits: a process that dies holds it up for no longer. */
  private static final Duration LEASE = Duration.ofSeconds(5);

  /** While nothing does, so that many idle processes ask seldom. */
  private static final Duration IDLE_LEASE = Duration.ofSeconds(15);

  private static final Backups.Drained NOTHING = new Backups.Drained(0, 0, Optional.empty(), 0);
  private static final Duration NO_ROOM = Duration.ofMillis(250);
  private static final Duration OTHERS_DRAIN = Duration.ofMillis(750);
  private static final Duration AFTER_ERROR = Duration.ofMillis(500);
  private static final Duration EMPTY = Duration.ofSeconds(2);
  private static final Duration EMPTY_FOR_OTHERS = Duration.ofSeconds(5);

  private final Backups backups;
  private final Optional<Coordination> coordination;
  private final String stream;
  private final String holder;
  private final LongSupplier limit;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Runnable whenEmpty;
  private final Rate rate;

  /** Guards what follows; held for no call to the backend. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean running;
  private boolean stepping;
  private volatile boolean held;
  private long askedAt;
  private boolean asked;
  private boolean woken;
  private BrokerClock.@Nullable Cancellable timer;
  private volatile String told = "";
  private volatile BackupStatus.Depth depth = BackupStatus.Depth.NONE;

  /**
   * Of one stream.
   *
   * @param limit up to which backlog it is drained, as it is now
   * @param whenEmpty run when the backup was seen to be empty
   * @param rate is told what was moved
   */
  BackupDrain(
      StreamsContext context, String stream, LongSupplier limit, Runnable whenEmpty, Rate rate) {
    this.backups = context.backend().facet(Backups.class).orElseThrow();
    this.coordination = context.backend().facet(Coordination.class);
    this.stream = stream;
    this.holder =
        context.backend().context().instance()
            + "-"
            + Long.toString(context.random().nextLong() >>> 1, Character.MAX_RADIX);
    this.limit = limit;
    this.clock = context.clock();
    this.random = context.random();
    this.whenEmpty = whenEmpty;
    this.rate = rate;
  }

  void start() {
    lock.lock();
    try {
      running = true;
    } finally {
      lock.unlock();
    }
    step();
  }

  void stop() {
    boolean release;
    lock.lock();
    try {
      running = false;
      if (timer != null) {
        timer.cancel();
      }
      release = held;
      held = false;
    } finally {
      lock.unlock();
    }
    if (release) {
      coordination.ifPresent(
          agreed -> ask(() -> agreed.release(lease(), holder)).whenComplete((v, e) -> ended(e)));
    }
  }

  private void ended(@Nullable Throwable error) {
    if (error != null) {
      LOG.debug("backup of stream {}: its lease ends by itself: {}", stream, error.toString());
    }
  }

  /** What waits in the backup, as it was last seen. */
  BackupStatus.Depth depth() {
    return depth;
  }

  /** Something went to the backup just now. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      if (stepping) {
        return;
      }
      // Where it is not empty, it is looked at often enough.
      if (timer == null || depth.messages() > 0) {
        return;
      }
      timer.cancel();
    } finally {
      lock.unlock();
    }
    step();
  }

  private void step() {
    boolean ask;
    boolean look;
    Duration length = depth.messages() > 0 ? LEASE : IDLE_LEASE;
    lock.lock();
    try {
      if (!running || stepping) {
        return;
      }
      stepping = true;
      if (timer != null) {
        // Whoever woke this may have cancelled a timer that ran already and set the next one.
        timer.cancel();
      }
      timer = null;
      long now = clock.nanoTime();
      Duration again = held ? length.dividedBy(3) : length;
      ask = coordination.isPresent() && (!asked || now - askedAt >= again.toNanos());
      if (ask) {
        asked = true;
        askedAt = now;
      }
      held |= coordination.isEmpty();
      // Who does not drain has to know how much waits only while it sends there.
      look = ask || woken || depth.messages() > 0;
      woken = false;
    } finally {
      lock.unlock();
    }
    CompletionStage<Boolean> mine =
        ask
            ? ask(() -> coordination.orElseThrow().acquire(lease(), holder, length))
                .thenApply(Optional::isPresent)
            : CompletableFuture.completedFuture(held);
    var unused =
        mine.thenCompose(
                won -> {
                  held = won;
                  return won || look
                      ? backups.drain(
                          stream, Names.backup(stream), won ? BATCH : 0, limit.getAsLong())
                      : CompletableFuture.completedFuture(NOTHING);
                })
            .whenComplete(this::drained);
  }

  private String lease() {
    return "drain:" + stream;
  }

  private static <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void drained(Backups.@Nullable Drained result, @Nullable Throwable error) {
    boolean empty = false;
    if (result == null) {
      tell(error);
    } else {
      rate.add(result.moved());
      depth = new BackupStatus.Depth(result.left(), result.age());
      empty = result.left() == 0;
    }
    lock.lock();
    try {
      stepping = false;
      if (error != null) {
        held = false;
        asked = false;
      }
      if (running) {
        // Through the clock, also at once: a long run of batches must not grow the stack.
        timer = clock.schedule(pause(result), this::step);
      }
    } finally {
      lock.unlock();
    }
    if (empty) {
      whenEmpty.run();
    }
  }

  /** What will not pass by itself is told, once for each reason. */
  private void tell(@Nullable Throwable error) {
    String reason = String.valueOf(error == null ? null : Stages.unwrap(error).getMessage());
    boolean passes = error == null || Stages.unwrap(error) instanceof BackendUnavailableException;
    if (passes || reason.equals(told)) {
      LOG.debug("backup of stream {}: could not drain: {}", stream, reason);
    } else {
      LOG.warn("backup of stream {}: what waits there stays: {}", stream, reason);
      told = reason;
    }
  }

  private Duration pause(Backups.@Nullable Drained result) {
    if (result == null) {
      return spread(AFTER_ERROR);
    }
    if (result.left() == 0) {
      return woken ? NO_ROOM : spread(held ? EMPTY : EMPTY_FOR_OTHERS);
    }
    if (!held) {
      return OTHERS_DRAIN;
    }
    return result.moved() == BATCH ? Duration.ZERO : NO_ROOM;
  }

  /** Up to twice as long, so that many processes do not come at once. */
  private Duration spread(Duration least) {
    return least.plusNanos(random.nextLong(least.toNanos()));
  }
}
