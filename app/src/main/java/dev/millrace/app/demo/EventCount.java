package dev.millrace.app.demo;

/**
 * What became of the events of a run.
 *
 * @param published those that the backend took
 * @param refused those that it did not take
 * @param received different ones that were heard
 * @param missing published and not heard
 * @param gaps times in which some may have been missed
 * @param dropped those for which the subscription had no room
 */
record EventCount(
    long published, long refused, long received, long missing, long gaps, long dropped) {
  /** Whether none is missing, or the subscription was told why. */
  boolean explained() {
    return missing == 0 || gaps > 0 || dropped > 0;
  }
}
