package dev.millrace.broker.api;

/**
 * Handles a message by its value. Returning acknowledges it; throwing leads to the consumer's
 * {@link RetryPolicy}. Called on virtual threads, several at once; quick calls follow one another
 * on one, slow ones have their own.
 *
 * @param <T> what it takes
 */
@FunctionalInterface
public interface Handler<T> {
  /**
   * Does the work.
   *
   * @throws Exception when the work failed and should be tried again
   */
  void handle(T value) throws Exception;
}
