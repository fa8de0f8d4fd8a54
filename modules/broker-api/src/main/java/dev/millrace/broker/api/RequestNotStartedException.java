package dev.millrace.broker.api;

/** No handler has begun a request, and none will. */
public final class RequestNotStartedException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** With the reason. */
  public RequestNotStartedException(String type, String reason) {
    super(
        "request",
        type,
        "no handler has begun it: " + reason,
        "Calling again is safe; look whether servers run and keep up",
        null);
  }
}
