package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Interrupts a handler when its time is over, and says so again when that does not end it. */
final class TimeLimit {
  private static final Logger LOG = LoggerFactory.getLogger(TimeLimit.class);

  /** How long after the interrupt a handler that goes on is called deaf to it. */
  private static final Duration DEAF_AFTER = Duration.ofSeconds(5);

  private enum Phase {
    RUNNING,
    INTERRUPTING,
    INTERRUPTED,
    ENDED
  }

  private final String consumer;
  private final List<Attempt> attempts;
  private final Duration limit;
  private final BrokerClock clock;
  private final Thread handler = Thread.currentThread();
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.RUNNING);
  private volatile BrokerClock.@Nullable Cancellable timer;

  private TimeLimit(String consumer, List<Attempt> attempts, Duration limit, BrokerClock clock) {
    this.consumer = consumer;
    this.attempts = attempts;
    this.limit = limit;
    this.clock = clock;
  }

  /** Begins to watch this thread. */
  static TimeLimit begin(
      String consumer, List<Attempt> attempts, Duration limit, BrokerClock clock) {
    var begun = new TimeLimit(consumer, attempts, limit, clock);
    begun.timer = clock.schedule(limit, begun::over);
    return begun;
  }

  private void over() {
    if (!phase.compareAndSet(Phase.RUNNING, Phase.INTERRUPTING)) {
      return;
    }
    attempts.forEach(Attempt::expire);
    handler.interrupt();
    timer = clock.schedule(DEAF_AFTER, this::deaf);
    phase.set(Phase.INTERRUPTED);
  }

  private void deaf() {
    if (phase.get() == Phase.INTERRUPTED) {
      LOG.error(
          "consumer {}: the handler of {} was interrupted after {} and goes on all the same; it keeps its place and its message until it ends, and its outcome will not count",
          consumer,
          attempts.getFirst().message(),
          limit);
    }
  }

  /** The handler has ended: whether too late. On return nobody interrupts this thread any more. */
  boolean end() {
    boolean inTime = phase.compareAndSet(Phase.RUNNING, Phase.ENDED);
    while (phase.get() == Phase.INTERRUPTING) {
      Thread.onSpinWait();
    }
    phase.set(Phase.ENDED);
    BrokerClock.Cancellable armed = timer;
    if (armed != null) {
      armed.cancel();
    }
    return !inTime;
  }
}
