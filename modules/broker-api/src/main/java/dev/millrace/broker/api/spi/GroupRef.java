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

  /** The refusal to remove it where neither it nor what it reads was written by the library. */
  public InvalidStateException notOurs() {
    return new InvalidStateException(
        "remove group",
        group + "' of '" + stream,
        "what is kept under that name is another program's, and not Millrace's",
        "Look at what it is; where nobody wants it any more, remove it with the backend's own"
            + " tools");
  }
}
