package dev.millrace.broker.api;

/** A stream is at its limit and nothing may be trimmed. The message was not accepted. */
public final class StreamFullException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final long backlog;

  /** From the stream's backlog, in messages not yet acknowledged by all groups. */
  public StreamFullException(String stream, long backlog, String what) {
    super("send", stream, what, "Add consumers, raise the limit, or use a backup producer", null);
    this.backlog = backlog;
  }

  /** Messages not yet acknowledged by all groups. */
  public long backlog() {
    return backlog;
  }
}
