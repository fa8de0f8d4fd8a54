package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/** A message was given to the backend and no answer came: it may be there or not. */
public final class AmbiguousSendException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final String id;

  /** From the message's id. */
  public AmbiguousSendException(String stream, String id, String what, @Nullable Throwable cause) {
    super(
        "send",
        stream,
        "message '" + Names.printable(id) + "' may or may not have been accepted: " + what,
        "Look for its id in the stream, or send it again if a second delivery does no harm",
        cause);
    this.id = id;
  }

  /** The id of the message. */
  public String id() {
    return id;
  }
}
