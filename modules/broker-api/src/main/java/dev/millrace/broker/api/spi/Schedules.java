package dev.millrace.broker.api.spi;

import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** Sets of entries that become due. Time is the backend's. */
public interface Schedules {
  /** Puts an entry into a set under an id, due at a time; the same id replaces. */
  CompletionStage<Void> put(String set, String id, Instant due, Entry entry);

  /** Takes an entry out; false if it is not there any more. */
  CompletionStage<Boolean> cancel(String set, String id);

  /**
   * Moves what is due to a stream, oldest first, each exactly once.
   *
   * @param max how many at most
   * @return how many were moved
   */
  CompletionStage<Integer> moveDue(String set, String stream, int max);
}
