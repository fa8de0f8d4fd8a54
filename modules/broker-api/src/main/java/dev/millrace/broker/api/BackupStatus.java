package dev.millrace.broker.api;

import java.time.Duration;
import java.util.Optional;

/**
 * Where a backup producer stands: a snapshot.
 *
 * @param route where its messages go
 * @param lastSwitch the last change of that; empty: none yet
 * @param backup what waits in the backup stream, of all producers; seen within the last second
 *     while it is not empty and this producer sends, else within the last half minute
 * @param journal what waits in this process's journal for the producer's stream
 * @param journalBytes how much of the disk the journal takes, with what waits for other streams
 * @param drainedPerSecond how many messages a second went from the backup or the journal towards
 *     the stream through this process, over the last seconds
 */
public record BackupStatus(
    Route route,
    Optional<RouteSwitch> lastSwitch,
    Depth backup,
    Depth journal,
    long journalBytes,
    double drainedPerSecond) {
  /**
   * What waits in one place.
   *
   * @param messages how many
   * @param oldest how long the oldest of them has been there; empty where there is none
   */
  public record Depth(long messages, Optional<Duration> oldest) {
    /** Nothing waits. */
    public static final Depth NONE = new Depth(0, Optional.empty());
  }
}
