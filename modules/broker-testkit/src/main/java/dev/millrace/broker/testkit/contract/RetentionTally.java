package dev.millrace.broker.testkit.contract;

/** Counts what the cases were about: a test whose cases all do nothing tells nothing. */
final class RetentionTally {
  private int cases;
  private int removing;
  private int pinned;
  private int dropping;
  private int sliced;

  void count(RetentionRun run) {
    cases++;
    removing += run.left().size() < run.given().entries().size() ? 1 : 0;
    pinned += run.slices().getLast().pinnedBy().isPresent() ? 1 : 0;
    dropping += run.drops().isEmpty() ? 0 : 1;
    sliced += run.slices().size() > 1 ? 1 : 0;
  }

  /** Whether of each kind there were at least a few of a hundred. */
  boolean isVaried() {
    int few = cases * 3 / 100;
    return removing > few && pinned > few && dropping > few && sliced > few;
  }

  @Override
  public String toString() {
    return removing
        + " removed something, "
        + pinned
        + " were pinned, "
        + dropping
        + " dropped, "
        + sliced
        + " took several slices";
  }
}
