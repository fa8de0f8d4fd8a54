package dev.millrace.broker.api;

/**
 * A message is in its stream, and less safely kept than the {@link Durability} asked for: too few
 * replicas answered in time. It will be delivered; a failover may lose it.
 */
public final class UnconfirmedSendException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final String id;
  private final String position;

  /** From the message's id and place. */
  public UnconfirmedSendException(String stream, String id, String position, String what) {
    super(
        "send",
        stream,
        "message '" + Names.printable(id) + "' is in the stream at " + position + ", but " + what,
        "Do not send it again under another id: it will be delivered; look at the replicas",
        null);
    this.id = id;
    this.position = position;
  }

  /** The id of the message. */
  public String id() {
    return id;
  }

  /** Where it stands, in the backend's terms. */
  public String position() {
    return position;
  }
}
