package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.TaskScheduling;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How full the backend's memory is, asked for as long as a cleaner of this manager is in charge of
 * a stream. Thread-safe.
 */
final class MemoryWatch {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);
  private static final Duration EVERY = Duration.ofSeconds(5);

  /** Without a limit there is nothing to watch; somebody may set one. */
  private static final Duration WITHOUT_LIMIT = Duration.ofMinutes(5);

  /** What was measured before the last cut says nothing about the next one. */
  private static final Duration FRESH = Duration.ofMillis(500);

  /** A measure that is older than this says nothing. */
  private static final Duration STALE = Duration.ofSeconds(30);

  private final Trimming trimming;
  private final TaskScheduling scheduling;
  private final BrokerClock clock;

  /** Guards everything below; never held while listeners are called or the backend is asked. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<Listener> listeners = new LinkedHashSet<>();
  private @Nullable Timetable timetable;
  private @Nullable CompletableFuture<OptionalDouble> asking;
  private OptionalDouble share = OptionalDouble.empty();
  private boolean measured;
  private long measuredAt;
  private int failures;

  /** Is told of each new measure. */
  interface Listener {
    /** The share in use; empty where it is not known. Short, and does not throw. */
    void measured(OptionalDouble share);
  }

  MemoryWatch(Trimming trimming, TaskScheduling scheduling, BrokerClock clock) {
    this.trimming = trimming;
    this.scheduling = scheduling;
    this.clock = clock;
  }

  /** Watches for this one too; idempotent. */
  void join(Listener listener) {
    lock.lock();
    try {
      listeners.add(listener);
      if (timetable == null) {
        timetable = new Timetable(scheduling, clock);
        timetable.plan(Duration.ZERO, this::watch);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Does not watch for this one any more; idempotent. */
  void leave(Listener listener) {
    lock.lock();
    try {
      listeners.remove(listener);
      if (listeners.isEmpty() && timetable != null) {
        timetable.end();
        timetable = null;
      }
    } finally {
      lock.unlock();
    }
  }

  /** The share in use as it was measured last; empty where it is not known. */
  OptionalDouble share() {
    lock.lock();
    try {
      return within(STALE) ? share : OptionalDouble.empty();
    } finally {
      lock.unlock();
    }
  }

  private boolean within(Duration age) {
    return measured && clock.nanoTime() - measuredAt <= age.toNanos();
  }

  /** The share in use at this moment, empty where it cannot be told; the stage does not fail. */
  CompletionStage<OptionalDouble> fresh() {
    CompletableFuture<OptionalDouble> answer;
    lock.lock();
    try {
      if (within(FRESH)) {
        return CompletableFuture.completedFuture(share);
      }
      if (asking != null) {
        return asking;
      }
      answer = new CompletableFuture<>();
      asking = answer;
    } finally {
      lock.unlock();
    }
    ask().whenComplete((memory, error) -> answer.complete(answered(memory, error)));
    return answer;
  }

  private void watch() {
    fresh().thenAccept(now -> told(now));
  }

  private void told(OptionalDouble now) {
    List<Listener> all;
    lock.lock();
    try {
      all = List.copyOf(listeners);
      if (timetable != null) {
        timetable.plan(pause(), this::watch);
      }
    } finally {
      lock.unlock();
    }
    all.forEach(listener -> listener.measured(now));
  }

  private Duration pause() {
    if (failures > 0) {
      Duration longer = EVERY.multipliedBy(1L << Math.min(failures - 1, 6));
      return longer.compareTo(WITHOUT_LIMIT) < 0 ? longer : WITHOUT_LIMIT;
    }
    return share.isPresent() ? EVERY : WITHOUT_LIMIT;
  }

  private CompletionStage<Trimming.Memory> ask() {
    try {
      return trimming.memory();
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private OptionalDouble answered(Trimming.@Nullable Memory memory, @Nullable Throwable error) {
    boolean first = false;
    OptionalDouble now;
    lock.lock();
    try {
      asking = null;
      if (memory != null) {
        failures = 0;
        share = memory.share();
        measured = true;
        measuredAt = clock.nanoTime();
      } else if (!(error != null
          && Stages.unwrap(error) instanceof UnsupportedByBackendException)) {
        first = failures++ == 0;
      }
      now = memory == null ? OptionalDouble.empty() : share;
    } finally {
      lock.unlock();
    }
    if (first && error != null) {
      LOG.warn(
          "cannot tell how full the backend's memory is, so that no stream is cut for its sake: {}",
          Stages.unwrap(error).toString());
    }
    return now;
  }
}
