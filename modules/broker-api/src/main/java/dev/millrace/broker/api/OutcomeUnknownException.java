package dev.millrace.broker.api;

/** A handler may have begun a request, and may have ended it. */
public final class OutcomeUnknownException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** With the reason. */
  public OutcomeUnknownException(String type, String reason) {
    super(
        "request",
        type,
        "it is not known what became of it: " + reason,
        "Call again with the same id (SendOptions.id) to learn it while results are kept",
        null);
  }
}
