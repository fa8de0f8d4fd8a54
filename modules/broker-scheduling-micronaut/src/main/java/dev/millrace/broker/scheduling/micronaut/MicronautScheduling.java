package dev.millrace.broker.scheduling.micronaut;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.TaskScheduling;
import io.micronaut.scheduling.ScheduledExecutorTaskScheduler;
import io.micronaut.scheduling.TaskScheduler;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * Runs Millrace's periodic work, such as cleaning, on Micronaut's task scheduler. Thread-safe.
 *
 * <p>With this module on the path a manager uses a scheduler of its own. To use the application's
 * bean, hand it in, from any bean or factory; no annotation processor is needed:
 *
 * {@snippet :
 * Broker broker(TaskScheduler scheduler) { // the bean, injected
 *   return Broker.connect(url, b -> b.scheduling(MicronautScheduling.on(scheduler)));
 * }
 * }
 *
 * <p>The bean's threads must live until the broker is closed: close it in a method that runs at the
 * context's shutdown.
 */
public final class MicronautScheduling implements TaskScheduling {
  private final TaskScheduler scheduler;
  private final Runnable whenClosed;

  private MicronautScheduling(TaskScheduler scheduler, Runnable whenClosed) {
    this.scheduler = scheduler;
    this.whenClosed = whenClosed;
  }

  /** On a scheduler of the application's, which this does not close. */
  public static MicronautScheduling on(TaskScheduler scheduler) {
    return new MicronautScheduling(scheduler, () -> {});
  }

  /** On a scheduler of its own, with one daemon thread that exists until this is closed. */
  static MicronautScheduling open() {
    var timers =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().daemon().name("millrace-micronaut").unstarted(task));
    timers.setRemoveOnCancelPolicy(true);
    return new MicronautScheduling(new ScheduledExecutorTaskScheduler(timers), timers::shutdownNow);
  }

  /**
   * {@inheritDoc}
   *
   * @throws InvalidStateException if the scheduler takes no tasks any more
   */
  @Override
  public BrokerClock.Cancellable schedule(Duration delay, Runnable task) {
    try {
      ScheduledFuture<?> timer = scheduler.schedule(delay, task);
      return () -> timer.cancel(false);
    } catch (RejectedExecutionException closed) {
      throw new InvalidStateException(
          "schedule",
          "Micronaut's task scheduler",
          "it is shut down",
          "Close what works with it before the application's context");
    }
  }

  @Override
  public void close() {
    whenClosed.run();
  }
}
