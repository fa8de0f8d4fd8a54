package dev.millrace.broker.api;

import java.time.Instant;

/**
 * A time in which a subscription may have missed events.
 *
 * @param channel the channel or pattern subscribed to
 * @param from when events were last surely heard; of an overflow: when the first one was dropped,
 *     which may have waited in the buffer before
 * @param to when they were heard again
 * @param reason why
 * @param missed how many events were missed, as far as that is known; 0: not known
 */
public record Gap(String channel, Instant from, Instant to, Reason reason, long missed) {
  /** Why events were missed. */
  public enum Reason {
    /**
     * The backend did not hold or did not serve the subscription: the connection was gone, it
     * restarted, or (in memory) more events came at once than it keeps for a subscriber.
     */
    DISCONNECTED,
    /** The handlers were slower than the events, and the subscription's buffer was full. */
    OVERFLOW
  }
}
