package dev.millrace.broker.api;

/** A message is over a limit of size. It was not sent. */
public final class MessageTooLargeException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** From what is too large: "the fields have 2097152 bytes; at most 1048576 are allowed". */
  public MessageTooLargeException(String stream, String what) {
    super("send", stream, what, "Send a reference to the data instead, or raise the limit", null);
  }
}
