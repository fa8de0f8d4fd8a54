package dev.millrace.broker.manager;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.cleanup.StreamCleaner;
import dev.millrace.broker.streams.BackupQueues;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One ordered shutdown: first what takes messages in, so that nothing new begins, and the cleaners;
 * then producers and clients, which handlers may have used to the end; then the rest, and the
 * cleaners' timers; then the journal; then the connections. A failure is kept for the report and
 * stops nothing.
 */
final class Shutdown {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

  /** What later steps get even when the handlers have used up the deadline. */
  private static final Duration LEAST = Duration.ofSeconds(1);

  private final Registry registry;
  private final Cleaners cleaners;
  private final BackupQueues queues;
  private final BrokerClock clock;
  private final Runnable measuring;
  private final @Nullable Backend owned;

  Shutdown(
      Registry registry,
      Cleaners cleaners,
      BackupQueues queues,
      BrokerClock clock,
      Runnable measuring,
      @Nullable Backend owned) {
    this.registry = registry;
    this.cleaners = cleaners;
    this.queues = queues;
    this.clock = clock;
    this.measuring = measuring;
    this.owned = owned;
  }

  DrainReport run(Duration deadline) {
    long begun = clock.nanoTime();
    DrainReport report = stopAll(sourcesAndCleaners(), deadline);
    Duration left = deadline.minus(Duration.ofNanos(clock.nanoTime() - begun));
    Duration rest = left.compareTo(LEAST) > 0 ? left : LEAST;
    var senders = new ArrayList<Component>(registry.all(Producer.class));
    senders.addAll(registry.all(RequestClient.class));
    report = report.plus(stopAll(senders, rest));
    report = report.plus(stopAll(registry.all(Component.class), rest));
    report = report.plus(closed("the timers of the cleaners", cleaners::close));
    report = report.plus(queues.close());
    if (owned != null) {
      report = report.plus(closed("backend " + owned.name(), owned::close));
    }
    report = report.plus(closed("the measurements", measuring));
    report = report.took(Duration.ofNanos(clock.nanoTime() - begun));
    tell(report);
    return report;
  }

  /** Who is told to stop by a signal sees no report but this. */
  private static void tell(DrainReport report) {
    if (!report.clean()) {
      LOG.warn("shutdown: {}", report);
    } else if (!report.components().isEmpty()) {
      LOG.info("shutdown: {}", report);
    }
  }

  /**
   * Each cleaner waits for its lease to be back, all of them at the same time here: the last user
   * of a stream closes its cleaner under a lock, one stream after the other.
   */
  private List<Component> sourcesAndCleaners() {
    var first = new ArrayList<Component>(registry.all(Consumer.class));
    first.addAll(registry.all(Subscription.class));
    first.addAll(registry.all(RequestServer.class));
    first.addAll(registry.all(StreamCleaner.class));
    return first;
  }

  private static DrainReport stopAll(List<? extends Component> components, Duration deadline) {
    DrainReport report = DrainReport.nothing();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var stops = new ArrayList<Future<DrainReport>>();
      for (Component component : components) {
        Callable<DrainReport> stop =
            () -> {
              DrainReport drained = component.stop(forOne(component, deadline));
              component.close();
              return drained;
            };
        stops.add(threads.submit(stop));
      }
      for (int i = 0; i < stops.size(); i++) {
        Component component = components.get(i);
        report = report.plus(resultOf(stops.get(i), component).shareOf(component.name()));
      }
    }
    return report;
  }

  /** A lease that is not given back keeps the next process waiting. */
  private static Duration forOne(Component component, Duration deadline) {
    boolean tooShort = component instanceof StreamCleaner && deadline.compareTo(LEAST) < 0;
    return tooShort ? LEAST : deadline;
  }

  private static DrainReport resultOf(Future<DrainReport> stop, Component component) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return stop.get();
        } catch (InterruptedException goOn) {
          // A shutdown is bounded by its deadline already; half of one would leave messages to
          // their leases.
          interrupted = true;
        }
      }
    } catch (ExecutionException failed) {
      LOG.warn("shutdown: {} did not stop cleanly", component.name(), failed.getCause());
      return failure(component.name() + ": " + failed.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static DrainReport closed(String what, Runnable close) {
    try {
      close.run();
      return DrainReport.nothing();
    } catch (RuntimeException failed) {
      LOG.warn("shutdown: {} did not close cleanly", what, failed);
      return failure(what + ": " + failed.getMessage());
    }
  }

  private static DrainReport failure(String what) {
    return new DrainReport(0, 0, 0, Duration.ZERO, List.of(what));
  }
}
