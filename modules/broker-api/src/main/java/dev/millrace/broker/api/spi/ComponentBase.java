package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.InvalidStateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The lifecycle that all components share: a component says how it starts and stops, and this class
 * when. Starting, stopping, pausing and closing exclude each other; each is idempotent.
 */
public abstract class ComponentBase implements Component {
  private static final Duration LONGEST = Duration.ofDays(365);

  /** Time for a component's clock readings. */
  protected final BrokerClock clock;

  /** What is measured of it; closed with it. */
  protected final Measurements measures;

  private final String name;
  private final String kind;
  private final String stream;
  private final Duration closeDeadline;
  private final Runnable onClosed;

  /** Guards changes of state: one start, stop, pause or close at a time. Held while those block. */
  private final ReentrantLock lifecycle = new ReentrantLock();

  private volatile Status status;
  private volatile @Nullable String lastError;

  private record Status(State state, Instant since) {}

  /**
   * For the components.
   *
   * @param kind what a listing calls it
   * @param stream what it works on
   * @param closeDeadline how long {@link #close()} lets work go on
   * @param measures are closed when it is closed
   * @param onClosed run once when it is closed, to unregister it
   */
  protected ComponentBase(
      String name,
      String kind,
      String stream,
      Duration closeDeadline,
      BrokerClock clock,
      Measurements measures,
      Runnable onClosed) {
    this.name = name;
    this.kind = kind;
    this.stream = stream;
    this.closeDeadline = closeDeadline;
    this.clock = clock;
    this.measures = measures;
    this.onClosed = onClosed;
    this.status = new Status(State.NEW, clock.now());
  }

  /**
   * Begins the work; on return it is done. May block. After an error the component is FAILED, and
   * this may be called again.
   */
  protected abstract void doStart();

  /**
   * Ends the work; must end by itself about the deadline, and collects failures rather than throw.
   */
  protected abstract DrainReport doStop(Duration deadline);

  /**
   * Ends what a component that has failed while it ran has left to do, as {@link #doStop} does.
   * Nothing by default.
   */
  protected DrainReport doStopFailed(Duration deadline) {
    return DrainReport.nothing();
  }

  /** What the component has counted, by name. */
  protected abstract Map<String, Long> counts();

  /** Whether the work gets on; asked only while the component is running. */
  protected ComponentHealth health() {
    return ComponentHealth.green();
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final State state() {
    return status.state();
  }

  @Override
  public final ComponentInfo info() {
    Status now = status;
    return new ComponentInfo(
        name,
        kind,
        stream,
        now.state(),
        now.since(),
        counts(),
        Optional.ofNullable(lastError),
        healthIn(now.state()));
  }

  private ComponentHealth healthIn(State state) {
    return switch (state) {
      case FAILED -> ComponentHealth.red(lastError == null ? "it could not start" : lastError);
      case RUNNING -> health();
      default -> ComponentHealth.green();
    };
  }

  @Override
  public final void start() {
    lifecycle.lock();
    try {
      switch (status.state()) {
        case RUNNING, PAUSED -> {}
        case CLOSED ->
            throw new InvalidStateException(
                "start", name, "it is closed", "Create it again under this name");
        default -> startNow();
      }
    } finally {
      lifecycle.unlock();
    }
  }

  private void startNow() {
    move(State.STARTING);
    try {
      doStart();
    } catch (RuntimeException failed) {
      recordError(failed);
      move(State.FAILED);
      throw failed;
    }
    move(State.RUNNING);
  }

  @Override
  public final DrainReport stop(Duration deadline) {
    lifecycle.lock();
    try {
      return stopNow(deadline);
    } finally {
      lifecycle.unlock();
    }
  }

  private DrainReport stopNow(Duration deadline) {
    return switch (status.state()) {
      case STOPPED, CLOSED -> DrainReport.nothing();
      case NEW -> {
        move(State.STOPPED);
        yield DrainReport.nothing();
      }
      case FAILED -> {
        try {
          yield doStopFailed(bounded(deadline));
        } finally {
          move(State.STOPPED);
        }
      }
      default -> {
        move(State.DRAINING);
        try {
          yield doStop(bounded(deadline));
        } finally {
          move(State.STOPPED);
        }
      }
    };
  }

  @Override
  public final void close() {
    closeWithin(closeDeadline);
  }

  /** {@link #close()} with another deadline, and with its report. */
  public final DrainReport closeWithin(Duration deadline) {
    lifecycle.lock();
    try {
      if (status.state() == State.CLOSED) {
        return DrainReport.nothing();
      }
      try {
        return stopNow(deadline);
      } finally {
        move(State.CLOSED);
        measures.close();
        onClosed.run();
      }
    } finally {
      lifecycle.unlock();
    }
  }

  /** A deadline that fits into nanoseconds, whatever "for ever" the caller has written. */
  private static Duration bounded(Duration deadline) {
    Duration least = deadline.isNegative() ? Duration.ZERO : deadline;
    return least.compareTo(LONGEST) > 0 ? LONGEST : least;
  }

  /**
   * Does something to a component in one state and moves it to another; does nothing in any other
   * state.
   */
  protected final void change(State from, State to, Runnable action) {
    changeIf(
        from,
        to,
        () -> {
          action.run();
          return true;
        });
  }

  /** As {@link #change}, unless the action says that there is nothing to move for. */
  protected final void changeIf(State from, State to, BooleanSupplier action) {
    lifecycle.lock();
    try {
      if (status.state() == from && action.getAsBoolean()) {
        move(to);
      }
    } finally {
      lifecycle.unlock();
    }
  }

  /** Keeps an error for the listing. */
  protected final void recordError(Throwable error) {
    Throwable inner = Stages.unwrap(error);
    String text = inner.getMessage();
    lastError =
        inner instanceof BrokerException && text != null
            ? text
            : inner.getClass().getName()
                + (text == null ? "" : ": " + text.lines().findFirst().orElse(""));
  }

  private void move(State next) {
    status = new Status(next, clock.now());
  }
}
