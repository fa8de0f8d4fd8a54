package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.TaskScheduling;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What comes next, and when: at most one thing is planned at a time, and nothing after the end. */
final class Timetable {
  private final TaskScheduling scheduling;
  private final BrokerClock clock;

  /** Guards everything below; never held while a task runs. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Plan plan;
  private boolean ended;

  private static final class Plan {
    final Runnable task;
    final long at;
    BrokerClock.@Nullable Cancellable timer;

    Plan(Runnable task, long at) {
      this.task = task;
      this.at = at;
    }

    void cancel() {
      if (timer != null) {
        timer.cancel();
      }
    }
  }

  Timetable(TaskScheduling scheduling, BrokerClock clock) {
    this.scheduling = scheduling;
    this.clock = clock;
  }

  /** Plans something in place of what was planned; does nothing after the end. */
  void plan(Duration delay, Runnable task) {
    lock.lock();
    try {
      if (!ended) {
        drop();
        set(delay, task);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Brings forward what is planned, where it is planned for later than that. */
  void hasten(Duration delay) {
    lock.lock();
    try {
      Plan planned = plan;
      if (planned != null && planned.at - clock.nanoTime() > delay.toNanos()) {
        drop();
        set(delay, planned.task);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Nothing is planned from now on; what runs already goes on.
   *
   * @return whether something was planned, so that nothing runs
   */
  boolean end() {
    lock.lock();
    try {
      ended = true;
      boolean waiting = plan != null;
      drop();
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  private void drop() {
    if (plan != null) {
      plan.cancel();
      plan = null;
    }
  }

  private void set(Duration delay, Runnable task) {
    var next = new Plan(task, clock.nanoTime() + delay.toNanos());
    next.timer = scheduling.schedule(delay, () -> run(next));
    plan = next;
  }

  // A timer that was cancelled too late finds that it is not the plan any more.
  private void run(Plan due) {
    lock.lock();
    try {
      if (plan != due) {
        return;
      }
      plan = null;
    } finally {
      lock.unlock();
    }
    due.task.run();
  }
}
