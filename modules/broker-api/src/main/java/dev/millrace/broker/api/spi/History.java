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

  /**
   * Entries in order, as {@link #scan(String, Optional, int)}, up to an end.
   *
   * @param after begin behind this place
   * @param upTo end at this place, the entry there included
   * @param max how many at most, from 1
   */
  CompletionStage<List<Recorded>> scan(String stream, Position after, Position upTo, int max);

  /**
   * The place behind which reading begins that starts there; an entry need not stand at it. Behind
   * the newest entry it is that entry's.
   */
  CompletionStage<Position> place(String stream, StartPosition start);

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
