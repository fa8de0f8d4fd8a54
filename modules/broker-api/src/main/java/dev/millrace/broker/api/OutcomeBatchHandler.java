package dev.millrace.broker.api;

import java.util.List;

/**
 * Handles several messages at once and says of each what is to become of it. Throwing is as with
 * {@link BatchHandler}.
 *
 * @param <T> what it takes
 */
@FunctionalInterface
public interface OutcomeBatchHandler<T> {
  /**
   * Does the work.
   *
   * @param batch one or more, never to be changed
   * @param deliveries the attempts at them, in the same order
   * @return an outcome for each, in the same order; another number of them is a failure
   * @throws Exception when the work failed and should be tried again
   */
  List<Outcome> handle(List<T> batch, List<Delivery> deliveries) throws Exception;
}
