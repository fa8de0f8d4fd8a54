package dev.millrace.broker.api.spi;

import java.util.concurrent.CompletionStage;

/** Moves entries between streams. */
public interface Mover {
  /**
   * Moves the oldest entries in order, ids and headers kept, each in exactly one place at any time.
   *
   * @param max how many at most
   * @return how many were moved
   */
  CompletionStage<Integer> move(String from, String to, int max);
}
