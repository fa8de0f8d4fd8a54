package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.StartPosition;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Reads entries without a group, and sets a group back. */
public interface History {
  /**
   * Entries in order, read without taking part in a group.
   *
   * @param after begin behind this one; empty: at the oldest
   * @param max how many at most, from 1
   */
  CompletionStage<List<Recorded>> scan(String stream, Optional<Position> after, int max);

  /** Lets a group go on from another place. Pending entries stay pending. */
  CompletionStage<Void> reset(GroupRef group, StartPosition to);

  /**
   * An entry where it stands.
   *
   * @param position its place
   * @param entry what it holds
   */
  record Recorded(Position position, Entry entry) {}
}
