package dev.millrace.broker.api;

/**
 * Handles an event by its value and the message it came in, which has its channel and headers.
 * Called as a {@link Handler}.
 *
 * @param <T> what it takes
 */
@FunctionalInterface
public interface EventHandler<T> {
  /**
   * Does the work.
   *
   * @param event the event as it came; its {@link Message#stream()} is the channel
   * @throws Exception when the work failed: the error is counted and shown; a durable subscription
   *     tries again
   */
  void handle(T value, Message event) throws Exception;
}
