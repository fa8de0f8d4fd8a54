package dev.millrace.broker.faults;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.testkit.History;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Does what a job says, and tells about it: {@code begin id attempt}, then {@code end id} or {@code
 * cut id}. A handled job is in the history before it is acknowledged.
 */
final class JobHandler implements OutcomeHandler<Job> {
  private final History history;
  private final Consumer<String> tell;
  private final @Nullable Path gate;

  /**
   * @param gate a file that later attempts of gated jobs wait for
   */
  JobHandler(History history, Consumer<String> tell, @Nullable Path gate) {
    this.history = history;
    this.tell = tell;
    this.gate = gate;
  }

  @Override
  public Outcome handle(Job job, Delivery delivery) throws Exception {
    tell.accept("begin " + job.id() + " " + delivery.attempt());
    try {
      return work(job, delivery);
    } catch (InterruptedException cut) {
      tell.accept("cut " + job.id() + " " + delivery.cancelled());
      throw cut;
    }
  }

  private Outcome work(Job job, Delivery delivery) throws Exception {
    boolean first = delivery.attempt() == 1;
    switch (job.act()) {
      case "ok" -> pass(job.millis());
      case "stuck" -> {
        if (first) {
          pass(job.millis());
        }
      }
      case "gate" -> await(Optional.ofNullable(gate).orElseThrow());
      case "gated", "gated-throw", "gated-dead" -> {
        if (first) {
          passDeaf(job.millis());
        } else {
          await(Optional.ofNullable(gate).orElseThrow());
        }
        if (first && job.act().equals("gated-throw")) {
          tell.accept("late " + job.id());
          throw new IllegalStateException("late failure");
        }
        if (first && job.act().equals("gated-dead")) {
          tell.accept("late " + job.id());
          return Outcome.deadLetter("late verdict");
        }
        if (first) {
          tell.accept("late " + job.id());
        }
      }
      case "throw" -> throw new IllegalStateException("poison " + job.id());
      case "exit" -> System.exit(3);
      case "halt" -> Runtime.getRuntime().halt(4);
      case "oom" -> exhaust();
      case "overflow" -> throw new AssertionError("no overflow after " + deeper(0));
      default -> throw new IllegalArgumentException(job.act());
    }
    history.handled(job.id());
    tell.accept("end " + job.id());
    return Outcome.done();
  }

  /** Work that takes its time and can be interrupted. */
  private static void pass(long millis) throws InterruptedException {
    if (millis > 0) {
      var never = new CountDownLatch(1);
      if (never.await(millis, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException();
      }
    }
  }

  /** Work that does not notice an interrupt: a stale outcome is to reach the broker. */
  private static void passDeaf(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
      if (Thread.interrupted()) {
        continue;
      }
    }
  }

  private static void await(Path file) throws InterruptedException {
    while (!Files.exists(file)) {
      pass(10);
    }
  }

  private static void exhaust() {
    List<byte[]> hoard = new ArrayList<>();
    while (hoard.size() < 1_000_000) {
      hoard.add(new byte[1 << 20]);
    }
  }

  private static long deeper(long depth) {
    return depth < 0 ? 0 : deeper(depth + 1) + 1;
  }
}
