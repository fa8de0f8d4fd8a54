package dev.millrace.broker.streams;

import dev.millrace.broker.api.BrokerException;

/**
 * Nothing in this process handles a message's type. That is no failure of the message: another
 * process, or the next deployment, may handle it. The consumer releases it with a growing delay and
 * dead-letters it only after an hour.
 */
public final class NoHandlerException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** From the type, or a word for its absence. */
  public NoHandlerException(String stream, String type) {
    super(
        "handle",
        stream,
        "no handler is registered here for messages of type '" + type + "'",
        "Register one with onTask, or let another process of the group handle it",
        null);
  }
}
