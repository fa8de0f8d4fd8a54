package dev.millrace.broker.api;

/**
 * Listens for live events on a channel or a pattern of channels, with its handler; or, if it is
 * durable, reads the events kept for its name. Thread-safe.
 *
 * <p>A live subscription hears what is published while it runs, at most once. A handler that throws
 * has had its event: the error is counted and shown, and the event does not come again.
 */
public interface Subscription extends Component {
  /** The channel or pattern. */
  String channel();

  /**
   * Also tells this listener of gaps, on a thread of its own, in order. Several may listen. A
   * durable subscription has no gaps.
   *
   * @return this subscription
   */
  Subscription onGap(java.util.function.Consumer<? super Gap> listener);
}
