package dev.millrace.broker.backend.memory;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a stream in a ring: added at the tail, removed at the head, found by ordinal at
 * once and by id by halving. Guarded by the stream's lock.
 */
final class EntryLog {
  private static final int LEAST = 16;

  private @Nullable Stored[] ring = new Stored[LEAST];
  private long head;
  private long tail;

  /** The ordinal of the oldest entry; {@link #tail} if there is none. */
  long head() {
    return head;
  }

  /** The ordinal that the next entry will have. */
  long tail() {
    return tail;
  }

  long length() {
    return tail - head;
  }

  boolean isEmpty() {
    return head == tail;
  }

  Stored get(long ordinal) {
    Objects.checkIndex(ordinal - head, tail - head);
    return Objects.requireNonNull(ring[slot(ordinal)]);
  }

  void add(Stored entry) {
    if (length() == ring.length) {
      resize(ring.length * 2);
    }
    ring[slot(tail)] = entry;
    tail++;
  }

  /** Removes the oldest ones, up to this ordinal exclusive. */
  void removeBefore(long ordinal) {
    for (; head < ordinal; head++) {
      ring[slot(head)] = null;
    }
    int wanted = ring.length;
    while (wanted > LEAST && length() < wanted / 4) {
      wanted /= 2;
    }
    if (wanted < ring.length) {
      resize(wanted);
    }
  }

  /** The first ordinal whose id is this one or a higher one. */
  long firstFrom(EntryId id) {
    long low = head;
    long high = tail;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (get(middle).id.compareTo(id) >= 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private void resize(int size) {
    @Nullable Stored[] bigger = new Stored[size];
    for (long i = head; i < tail; i++) {
      bigger[(int) (i & (size - 1))] = ring[slot(i)];
    }
    ring = bigger;
  }

  private int slot(long ordinal) {
    return (int) (ordinal & (ring.length - 1));
  }
}
