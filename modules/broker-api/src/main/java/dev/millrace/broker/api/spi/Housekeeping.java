package dev.millrace.broker.api.spi;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Finds what is kept under the library's names and belongs to nothing any more. */
public interface Housekeeping {
  /**
   * Looks through everything, a part at a time; takes as long as there is much. What lives for a
   * limited time is not among it.
   */
  CompletionStage<List<Leftover>> leftovers();

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
