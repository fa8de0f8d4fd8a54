package dev.millrace.broker.api;

/**
 * The journal has reached its limit of bytes or age, and the backend takes nothing. The message was
 * not accepted.
 */
public final class JournalFullException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** From which limit was reached. */
  public JournalFullException(String stream, String what) {
    super(
        "send",
        stream,
        what,
        "Bring the backend back, or raise the limit of the journal (BrokerConfig.journal)",
        null);
  }
}
