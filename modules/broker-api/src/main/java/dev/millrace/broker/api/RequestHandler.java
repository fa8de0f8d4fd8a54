package dev.millrace.broker.api;

/**
 * Answers requests of one type. Called on a virtual thread for each request, so it may block; it is
 * interrupted when its caller cancels.
 *
 * @param <Q> what is asked
 * @param <A> what is answered
 */
@FunctionalInterface
public interface RequestHandler<Q, A> {
  /**
   * The answer, never null.
   *
   * @throws Exception reaches the caller as {@link Reply.RemoteError} with the code {@code FAILED}
   *     and its message, bounded; {@link RemoteFailedException} with a code of its own
   */
  A answer(Q query) throws Exception;
}
