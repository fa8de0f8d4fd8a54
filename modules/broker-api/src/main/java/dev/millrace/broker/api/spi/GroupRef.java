package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.InvalidStateException;
import java.util.Collection;
import java.util.TreeSet;

/**
 * A group of a stream.
 *
 * @param stream the stream
 * @param group the group
 */
public record GroupRef(String stream, String group) {
  /** The refusal to remove it while these read it. */
  public InvalidStateException stillRead(Collection<String> readers) {
    return new InvalidStateException(
        "remove group",
        group + "' of '" + stream,
        "it is read by " + String.join(", ", new TreeSet<>(readers)),
        "Stop them first");
  }
}
