package dev.millrace.broker.api;

import java.time.Duration;

/**
 * A handler ran longer than {@link ConsumerConfig#handlerTimeout()}: it was interrupted, and
 * whatever it returned or threw then does not count. A failure like any other, for which {@link
 * RetryPolicy} may have a rule.
 */
public final class HandlerTimeoutException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** From the consumer's name and its limit. */
  public HandlerTimeoutException(String consumer, Duration limit) {
    super(
        "handle",
        consumer,
        "the handler ran longer than its limit of " + limit,
        "Make it quicker, let it end when it is interrupted, or raise handlerTimeout",
        null);
  }
}
