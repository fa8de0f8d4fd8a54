package dev.millrace.broker.api.spi;

import java.util.List;
import java.util.Set;

/**
 * Where a reader delivers. Calls come one at a time for one reader, on the backend's threads, and
 * must not block. After {@link GroupReader#stopReading()} has completed none comes but {@link
 * #failed}.
 */
public interface Sink {
  /** Entries, never more than the credit requested. Recovered and released ones come here too. */
  void deliver(List<Received> batch);

  /** These partitions have passed to another reader; their entries must not be settled any more. */
  default void revoked(Set<Integer> partitions) {}

  /**
   * The stream or the group had vanished and was made again; reading goes on after this position.
   */
  void recreated(Position from);

  /**
   * Something is wrong. The reader keeps trying by itself, with backoff, until it is closed.
   *
   * @param error what is wrong; repeated only when it changes
   */
  void failed(Throwable error);

  /** What {@link #failed} told of is over. */
  default void recovered() {}
}
