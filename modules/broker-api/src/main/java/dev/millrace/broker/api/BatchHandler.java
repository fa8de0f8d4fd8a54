package dev.millrace.broker.api;

import java.util.List;

/**
 * Handles several messages at once. Returning acknowledges all of them. Throwing with several means
 * that each of them is handled again, alone, so that one bad message does not condemn the others;
 * throwing with one is that message's failure and leads to the consumer's {@link RetryPolicy}.
 * Called on virtual threads, several at once; quick calls follow one another on one, slow ones have
 * their own.
 *
 * @param <T> what it takes
 */
@FunctionalInterface
public interface BatchHandler<T> {
  /**
   * Does the work.
   *
   * @param batch one or more, never to be changed
   * @throws Exception when the work failed and should be tried again
   */
  void handle(List<T> batch) throws Exception;
}
