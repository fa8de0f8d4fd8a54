package dev.millrace.broker.api;

import java.time.Duration;

/**
 * A named part that runs: a producer, a consumer, a subscription. Every method may be called from
 * any thread, in any state and any number of times.
 */
public interface Component extends AutoCloseable {
  /** The name, unique in its manager. */
  String name();

  /** The state now. */
  State state();

  /** What a listing shows. */
  ComponentInfo info();

  /**
   * Starts. Does nothing when it runs already. On return the component works.
   *
   * @throws InvalidStateException if it is closed
   * @throws BackendUnavailableException if the backend cannot be reached; the state is then FAILED
   *     and start may be tried again
   */
  void start();

  /**
   * Drains and stops: takes nothing new, lets what runs finish up to the deadline, hands back the
   * rest. Blocks until then. Does nothing when it is stopped already. It can be started again. A
   * handler that stops its own consumer waits for itself, up to the deadline.
   *
   * @param deadline how long what runs may go on; zero: not at all
   */
  DrainReport stop(Duration deadline);

  /** Stops with the configured deadline and unregisters. Terminal. */
  @Override
  void close();

  /** What a component is doing. */
  enum State {
    /** Made and never started. */
    NEW,
    /** On its way to RUNNING. */
    STARTING,
    /** At work. */
    RUNNING,
    /** Alive, taking nothing new until resumed. */
    PAUSED,
    /** On its way to STOPPED. */
    DRAINING,
    /** Stopped; can be started. */
    STOPPED,
    /** Could not go on; the listing has the error. Can be started. */
    FAILED,
    /** Closed for good. */
    CLOSED
  }
}
