package dev.millrace.broker.api;

/**
 * Sees each message that is sent, before anything else is done with it: to log, to measure, to
 * validate, to add headers. For all three patterns, and all their forms: blocking, asynchronous and
 * each message of a batch. Registered with {@link BrokerConfig.Builder#interceptSend}; the first
 * one registered runs first and hears of the end last. What is moved and not sent passes none:
 * retries, redriven dead letters, what a backup producer hands on, and replies.
 *
 * <p>Called by many threads at once, on the thread that sends, which waits meanwhile.
 */
@FunctionalInterface
public interface SendInterceptor {
  /**
   * Looks at a message. Returning lets it go on.
   *
   * @throws Exception refuses the message: its caller gets a {@link SendRefusedException} with this
   *     as the cause, at once in the asynchronous forms too, and nothing is sent; of a batch,
   *     nothing at all
   */
  void send(Sending sending) throws Exception;
}
