package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Lists what was given to readers and not yet settled. */
public interface Pending {
  /**
   * Pending entries, oldest position first.
   *
   * @param after begin behind this one; empty: at the oldest
   * @param max how many at most, from 1
   */
  CompletionStage<List<Info>> list(GroupRef group, Optional<Position> after, int max);

  /**
   * A pending entry.
   *
   * @param position where it stands
   * @param consumer whose it is
   * @param idle since it was delivered or renewed
   * @param deliveries how often it was delivered
   */
  record Info(Position position, String consumer, Duration idle, long deliveries) {}
}
