package dev.millrace.broker.api;

/** A subscription ended because its handlers were slower than the events. */
public final class SubscriptionOverflowException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /**
   * A buffer was full.
   *
   * @param component the subscription
   * @param channel its channel or pattern
   * @param buffer how many may wait
   */
  public SubscriptionOverflowException(String component, String channel, int buffer) {
    super(
        "hear events",
        component,
        buffer + " events on '" + channel + "' waited for a handler, and one more came",
        "Start it again; raise its buffer or concurrency, or let it drop events",
        null);
  }
}
