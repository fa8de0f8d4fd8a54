package dev.millrace.broker.api;

import java.util.List;

/**
 * One call of a handler, as a {@link HandleInterceptor} sees it. Belongs to the thread of the
 * handler.
 */
public interface Handling {
  /** To which pattern the message belongs. */
  MessageKind kind();

  /** The message; of a batch the first. */
  default Message message() {
    return messages().getFirst();
  }

  /** What the handler is given: one message, or of a handler of batches all of them. */
  List<Message> messages();

  /**
   * Which attempt this is, from 1, as {@link Delivery#attempt}; of a batch the highest. Always 1
   * for live events and for requests.
   */
  int attempt();

  /**
   * Runs the next interceptor, and after the last one the handler. To be called once, on this
   * thread.
   *
   * @throws Exception what they throw; to be thrown on, or replaced by another
   * @throws InvalidStateException if it was called before, or on another thread
   */
  void proceed() throws Exception;
}
