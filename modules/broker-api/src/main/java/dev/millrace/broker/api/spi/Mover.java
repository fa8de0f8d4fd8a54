package dev.millrace.broker.api.spi;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Moves entries between streams, each in exactly one place at any time. */
public interface Mover {
  /**
   * Moves the oldest entries in order, ids and headers kept, each in exactly one place at any time.
   *
   * @param max how many at most
   * @return how many were moved
   */
  CompletionStage<Integer> move(String from, String to, int max);

  /**
   * Takes entries out of a stream and gives them to one group of another one, to be delivered as
   * {@link Settlement.Release} does: no other group of that stream is given them. Where the backend
   * lacks {@link BackendFeatures.Feature#PARKING} they go to the end of that stream, and it refuses
   * with a typed error if other groups read it.
   *
   * @param entries at most {@value #MOST}; their order is kept
   * @return for each, in order, whether it was moved; false: it was not there any more
   */
  CompletionStage<List<Boolean>> giveBack(String from, GroupRef to, List<GivenBack> entries);

  /** How many entries one call takes. */
  int MOST = 100;

  /**
   * An entry to be given back.
   *
   * @param position where it stands
   * @param entry what it is to be from then on, with an id
   * @param deliveries how often the group had been given it: the count goes on from here
   */
  record GivenBack(Position position, Entry entry, int deliveries) {}
}
