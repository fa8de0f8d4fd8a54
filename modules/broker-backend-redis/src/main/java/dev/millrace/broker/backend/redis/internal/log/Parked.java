package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.StreamState;
import java.util.OptionalLong;

/**
 * What a group has apart from its stream: parked entries, and those that came back.
 *
 * @param parked wait for their time
 * @param back are in the stream from which the group reads them again
 * @param pending of these were given to a reader
 */
record Parked(long parked, long back, long pending) {
  /** The group's state with these. */
  StreamState.Group addTo(StreamState.Group group) {
    OptionalLong lag = group.lag();
    return new StreamState.Group(
        group.name(),
        group.lastDelivered(),
        group.pending() + pending,
        parked,
        // What is acknowledged there is deleted: the rest has not been read.
        lag.isEmpty() ? lag : OptionalLong.of(lag.getAsLong() + back - pending),
        group.consumers());
  }
}
