package dev.millrace.broker.api;

/** What a subscription does with an event for which its buffer has no room. */
public enum EventOverflow {
  /** Drops the event that has waited longest; what is newest is what counts. */
  DROP_OLDEST,
  /** Drops the event that has just come. */
  DROP_NEWEST,
  /**
   * Ends the subscription: it is FAILED with an error that says so, what waits is still handled,
   * and it can be started again.
   */
  CLOSE
}
