package dev.millrace.broker.backend.memory;

import org.jspecify.annotations.Nullable;

/**
 * What one reader holds, by deadline. A doubly linked list inside the entries: as a reader's leases
 * are alike, a new or renewed one nearly always belongs at the end, so everything is O(1) and
 * nothing is left behind by an acknowledgement. Guarded by the stream's lock.
 */
final class LeaseList {
  private @Nullable Held first;
  private @Nullable Held last;

  /** The one whose deadline comes first. */
  @Nullable Held first() {
    return first;
  }

  /** Adds one that is in no list, where its deadline belongs. */
  void add(Held held) {
    Held before = last;
    while (before != null && before.deadline - held.deadline > 0) {
      before = before.earlier;
    }
    Held after = before == null ? first : before.later;
    held.earlier = before;
    held.later = after;
    if (before == null) {
      first = held;
    } else {
      before.later = held;
    }
    if (after == null) {
      last = held;
    } else {
      after.earlier = held;
    }
  }

  /** Takes one of this list out. */
  void remove(Held held) {
    Held before = held.earlier;
    Held after = held.later;
    if (before == null) {
      first = after;
    } else {
      before.later = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.earlier = before;
    }
    held.earlier = null;
    held.later = null;
  }
}
