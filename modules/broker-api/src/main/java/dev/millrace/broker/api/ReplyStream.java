package dev.millrace.broker.api;

import java.util.Iterator;

/**
 * The parts of an answer as they come, in order and without gaps. For one thread at a time; {@link
 * #close()} from any.
 *
 * <p>{@link #hasNext()} blocks until there is a part or the answer is whole. It and {@link #next()}
 * throw what {@link Broker#request} throws where the answer ends otherwise, after the parts that
 * came before: {@link OutcomeUnknownException} too when a part was lost, or when 1,000 parts wait
 * because they are not read.
 *
 * @param <P> a part
 */
public interface ReplyStream<P> extends Iterator<P>, AutoCloseable {
  /**
   * Cancels the request where the answer is not whole, which interrupts its handler. Idempotent.
   */
  @Override
  void close();
}
