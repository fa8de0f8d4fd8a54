package dev.millrace.broker.api;

/** A member of a consumer group, with its handler. Thread-safe. */
public interface Consumer extends Component {
  /**
   * Takes nothing new until {@link #resume()}; handlers that run go on. Does nothing unless it is
   * running.
   */
  void pause();

  /** Takes messages again after {@link #pause()}. Does nothing unless it is paused. */
  void resume();
}
