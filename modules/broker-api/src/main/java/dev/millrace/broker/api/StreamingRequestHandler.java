package dev.millrace.broker.api;

/**
 * Answers requests of one type in several parts, which the caller reads as they come. Called as a
 * {@link RequestHandler}.
 *
 * @param <Q> what is asked
 * @param <P> what is answered, part by part
 */
@FunctionalInterface
public interface StreamingRequestHandler<Q, P> {
  /**
   * Sends the parts; the answer is whole when this returns.
   *
   * @throws Exception as {@link RequestHandler#answer}; the parts before it have reached the caller
   */
  void answer(Q query, ReplyParts<P> parts) throws Exception;
}
