package dev.millrace.broker.api;

import java.util.List;

/** Two configurations of one stream differ. The first stays in force. */
public final class StreamConfigConflictException extends BrokerException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // always an immutable list of strings
  private final List<String> differences;

  /**
   * From the settings that differ.
   *
   * @param differences each as "maxLength: 1000 in force, 2000 asked for"
   */
  public StreamConfigConflictException(String operation, String stream, List<String> differences) {
    super(
        operation,
        stream,
        "the stream is in use with another configuration (" + String.join("; ", differences) + ")",
        "Use one StreamConfig for all that share the stream",
        null);
    this.differences = List.copyOf(differences);
  }

  /** The settings that differ. */
  public List<String> differences() {
    return differences;
  }
}
