package dev.millrace.broker.cleanup;

import java.util.Map;

/**
 * How a stream stands, in numbers that are counted from its oldest entry on.
 *
 * @param length how many entries it has
 * @param tooOld how many are older than maxAge; 0 where there is no such bound
 * @param oldEnough how many are not younger than minRetentionTime; all where there is no such floor
 * @param free for each group that exists or is declared, how many stand before the first entry that
 *     it needs
 */
public record Standing(long length, long tooOld, long oldEnough, Map<String, Long> free) {
  /** Copies the map. */
  public Standing {
    free = Map.copyOf(free);
  }
}
