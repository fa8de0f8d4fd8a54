package dev.millrace.broker.api;

/**
 * Wraps each call of a handler: to log, to measure, to open a trace, to refuse. For tasks and other
 * messages of streams (one call for a batch), live and kept events, and requests. Registered with
 * {@link BrokerConfig.Builder#interceptHandle}; the first one registered is the outermost. Messages
 * that have no handler here, and {@link StreamManager#replay}, pass none.
 *
 * <p>Called by many threads at once, each time on the virtual thread of the handler, within its
 * time limit.
 */
@FunctionalInterface
public interface HandleInterceptor {
  /**
   * Wraps a call: {@code before(); handling.proceed(); after();}
   *
   * @throws Exception counts as thrown by the handler: the retry policy of a task decides, the
   *     caller of a request gets a {@link Reply.RemoteError}, a live event counts as failed; also
   *     when the handler has succeeded before. Returning without having called {@link
   *     Handling#proceed} is a failure too, and what {@code proceed} threw stays one, even if it is
   *     not thrown on
   */
  void handle(Handling handling) throws Exception;
}
