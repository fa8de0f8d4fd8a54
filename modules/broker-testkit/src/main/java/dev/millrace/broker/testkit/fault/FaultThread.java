package dev.millrace.broker.testkit.fault;

import dev.millrace.broker.api.InvalidStateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGenerator.SplittableGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes faults happen on a thread of its own, in an order and with pauses that follow from a seed
 * alone: each round has every fault once, shuffled. Thread-safe.
 */
public final class FaultThread implements AutoCloseable {
  private final List<Planned> plan;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<String> done = Collections.synchronizedList(new ArrayList<>());
  private volatile @Nullable Throwable failure;

  private FaultThread(List<Planned> plan) {
    this.plan = plan;
    this.thread = Thread.ofVirtual().name("faults").unstarted(this::run);
  }

  /** A builder for this seed. */
  public static Builder seeded(long seed) {
    return new Builder(seed);
  }

  /** What is going to happen, in order. */
  public List<Step> plan() {
    return plan.stream().map(Planned::step).toList();
  }

  /** The faults that were made and healed so far, in order. */
  public List<String> done() {
    return List.copyOf(done);
  }

  /** Begins, and returns itself. */
  public FaultThread start() {
    thread.start();
    return this;
  }

  /**
   * Waits until all of the plan is done and healed.
   *
   * @throws InvalidStateException if it does not end in time
   * @throws AssertionError if a fault could not be made or healed
   */
  public void join(Duration atMost) {
    boolean ended;
    try {
      ended = thread.join(atMost);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      ended = false;
    }
    Throwable failed = failure;
    if (failed != null) {
      throw new AssertionError("a fault failed after " + done, failed);
    }
    if (!ended) {
      throw new InvalidStateException(
          "join", "fault thread", "it is not done after " + done, "Give it more time");
    }
  }

  private void run() {
    try {
      for (Planned next : plan) {
        if (pause(next.step.before())) {
          return;
        }
        happen(next);
      }
    } catch (RuntimeException | Error failed) {
      failure = failed;
    }
  }

  private void happen(Planned next) {
    try {
      next.fault.inject.run();
      pause(next.step.hold());
    } finally {
      next.fault.heal.run();
    }
    done.add(next.step.fault());
  }

  /** Whether it is to stop. */
  private boolean pause(Duration time) {
    try {
      return stop.await(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Ends it after healing the fault of the moment. */
  @Override
  public void close() {
    stop.countDown();
    if (thread.getState() != Thread.State.NEW) {
      join(Duration.ofSeconds(60));
    }
  }

  /**
   * One step of a plan.
   *
   * @param fault which
   * @param before the pause before it
   * @param hold how long until it is healed
   */
  public record Step(String fault, Duration before, Duration hold) {}

  private record Fault(String name, Runnable inject, Runnable heal) {}

  private record Planned(Step step, Fault fault) {}

  /** Collects faults. Not thread-safe. */
  public static final class Builder {
    private final SplittableGenerator random;
    private final List<Fault> faults = new ArrayList<>();
    private Duration leastPause = Duration.ofMillis(100);
    private Duration mostPause = Duration.ofMillis(500);
    private Duration leastHold = Duration.ofMillis(100);
    private Duration mostHold = Duration.ofMillis(500);
    private int rounds = 1;

    private Builder(long seed) {
      this.random = RandomGeneratorFactory.<SplittableGenerator>of("L64X128MixRandom").create(seed);
    }

    /** Adds a fault; {@code heal} runs whatever {@code inject} did. */
    public Builder fault(String name, Runnable inject, Runnable heal) {
      faults.add(new Fault(name, inject, heal));
      return this;
    }

    /** How long it is quiet before each fault. Default 100 to 500 ms. */
    public Builder pauses(Duration least, Duration most) {
      leastPause = least;
      mostPause = most;
      return this;
    }

    /** How long each fault lasts. Default 100 to 500 ms. */
    public Builder holds(Duration least, Duration most) {
      leastHold = least;
      mostHold = most;
      return this;
    }

    /** How often every fault comes. Default once. */
    public Builder rounds(int rounds) {
      this.rounds = rounds;
      return this;
    }

    /** The thread, not yet started. */
    public FaultThread build() {
      var plan = new ArrayList<Planned>();
      for (int round = 0; round < rounds; round++) {
        // One generator for the order and one for the times: another pause changes no order.
        var order = new ArrayList<>(faults);
        Collections.shuffle(order, Random.from(random.split()));
        SplittableGenerator times = random.split();
        for (Fault fault : order) {
          Duration before = between(times, leastPause, mostPause);
          Duration hold = between(times, leastHold, mostHold);
          plan.add(new Planned(new Step(fault.name, before, hold), fault));
        }
      }
      return new FaultThread(List.copyOf(plan));
    }

    private static Duration between(RandomGenerator random, Duration least, Duration most) {
      return Duration.ofNanos(random.nextLong(least.toNanos(), most.toNanos() + 1));
    }
  }
}
