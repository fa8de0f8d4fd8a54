package dev.millrace.broker.api;

/**
 * Handles a message and says what is to become of it. Throwing is a failure and leads to the
 * consumer's {@link RetryPolicy}. Called on virtual threads, several at once; quick calls follow
 * one another on one, slow ones have their own.
 *
 * @param <T> what it takes
 */
@FunctionalInterface
public interface OutcomeHandler<T> {
  /**
   * Does the work.
   *
   * @return what is to become of the message
   * @throws Exception when the work failed and should be tried again
   */
  Outcome handle(T value, Delivery delivery) throws Exception;
}
