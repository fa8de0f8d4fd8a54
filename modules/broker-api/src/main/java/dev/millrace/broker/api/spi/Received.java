package dev.millrace.broker.api.spi;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * An entry given to a reader.
 *
 * @param position where it stands
 * @param entry what it holds
 * @param partition its partition, 0 where there are none
 * @param delivery how often it has been given to a reader of the group, this time included
 * @param fence the fencing token of this delivery
 * @param past what the group knows of earlier deliveries
 * @param receipt the backend's own note, needed to settle it; nobody else looks inside
 */
public record Received(
    Position position,
    Entry entry,
    int partition,
    OptionalInt delivery,
    OptionalLong fence,
    Past past,
    Object receipt) {
  /**
   * What the group knows of earlier deliveries of an entry; needs {@link
   * BackendFeatures.Feature#NOTES}.
   *
   * @param recovered it was taken from a reader that stopped renewing without handing it back: its
   *     process may have died of it
   * @param note what the last reader left with it, by {@link Settlement.Release#note()} or {@link
   *     Leases#note}
   */
  public record Past(boolean recovered, Optional<String> note) {
    private static final Past NONE = new Past(false, Optional.empty());

    /** Nothing is known, or there was no earlier delivery. */
    public static Past none() {
      return NONE;
    }
  }
}
