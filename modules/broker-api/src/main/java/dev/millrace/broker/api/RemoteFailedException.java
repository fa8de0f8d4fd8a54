package dev.millrace.broker.api;

/**
 * The handler of a request failed. Handlers throw it themselves to choose the code that their
 * callers see.
 */
public final class RemoteFailedException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String text;

  /**
   * For handlers.
   *
   * @param code what callers can tell apart, at most 64 characters: {@code NOT_FOUND}
   * @param text for people, at most 1,000 characters
   */
  public RemoteFailedException(String code, String text) {
    this("request", code, text);
  }

  /** What a caller is told of a request of this type. */
  public RemoteFailedException(String type, String code, String text) {
    super(
        "request",
        type,
        "its handler failed with " + code + ": " + text,
        "Look at the server's log; calling again with another id starts it again",
        null);
    this.code = code;
    this.text = text;
  }

  /** The server's code. */
  public String code() {
    return code;
  }

  /** The server's words. */
  public String text() {
    return text;
  }
}
