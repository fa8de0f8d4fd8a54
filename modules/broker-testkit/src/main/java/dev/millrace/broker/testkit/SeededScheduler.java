package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * Time, threads and chance in one: everything that is to happen waits here, and the seed decides
 * what comes next. Given to a backend as its clock and its executor it makes a run of many readers
 * and senders one sequence on one thread, the same for the same seed. Not thread-safe.
 */
public final class SeededScheduler implements Executor, BrokerClock {
  /** How often time passes although something could be done: once in so many steps. */
  private static final int TIME_SHARE = 8;

  private record Timer(long at, long serial, Runnable task) {}

  private final SplittableRandom random;
  private final List<Runnable> ready = new ArrayList<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingLong(Timer::serial));
  private final Instant start = Instant.parse("2026-01-01T00:00:00Z");
  private long nanos;
  private long serials;
  private long steps;

  /** The same seed makes the same choices. */
  public SeededScheduler(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Chance for the actors of a run; whoever draws from elsewhere spoils the repetition. */
  public SplittableRandom random() {
    return random;
  }

  @Override
  public void execute(Runnable task) {
    ready.add(task);
  }

  @Override
  public Instant now() {
    return start.plusNanos(nanos);
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Cancellable schedule(Duration delay, Runnable task) {
    var timer = new Timer(nanos + Math.max(0, delay.toNanos()), serials++, task);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  /**
   * Does one thing: one of those that are ready, or else the next timer, to whose time the clock
   * goes.
   *
   * @return whether there was anything to do
   */
  public boolean step() {
    boolean timePasses = ready.isEmpty() || random.nextInt(TIME_SHARE) == 0;
    if (timePasses && !timers.isEmpty()) {
      Timer next = timers.remove();
      nanos = Math.max(nanos, next.at());
      steps++;
      next.task().run();
      return true;
    }
    if (ready.isEmpty()) {
      return false;
    }
    // Removed from the middle by the last one: the order of the others does not matter.
    int chosen = random.nextInt(ready.size());
    Runnable task = ready.get(chosen);
    ready.set(chosen, ready.getLast());
    ready.removeLast();
    steps++;
    task.run();
    return true;
  }

  /** How many steps have been done. */
  public long steps() {
    return steps;
  }
}
