package dev.millrace.broker.api.spi;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Finds what is kept under the library's names, and what of it belongs to nothing any more. */
public interface Housekeeping {
  /**
   * Looks through everything, a part at a time; takes as long as there is much. What lives for a
   * limited time is not among it.
   */
  CompletionStage<List<Leftover>> leftovers();

  /** The channels whose events are kept for somebody, by name. Looks as {@link #leftovers} does. */
  CompletionStage<List<String>> keptChannels();

  /** What of the backend's settings puts at risk what the library promises; mostly nothing. */
  CompletionStage<List<Risk>> risks();

  /**
   * A setting of the backend that may break a promise.
   *
   * @param setting where it is and what it says, in words: "localhost:6379 has 1 replica and
   *     min-replicas-to-write 0"
   * @param danger what may happen, in words
   * @param remedy what to do about it, in words
   */
  record Risk(String setting, String danger, String remedy) {}

  /**
   * Something that nothing owns.
   *
   * @param name the backend's name for it: on Redis, the key
   * @param what what it is, in words: "dead letters of group 'billing'"
   * @param why why nothing owns it, in words: "the stream 'orders' does not exist"
   * @param entries how many things it holds
   * @param holdsMessages whether messages are among them: then it is a user's to decide
   */
  record Leftover(String name, String what, String why, long entries, boolean holdsMessages) {}
}
