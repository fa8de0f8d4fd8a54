package dev.millrace.broker.backend.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a stream in a ring: added at the tail, removed at the head, found by ordinal at
 * once and by id by halving. One removed from the middle leaves a gap, so that ordinals stay
 * consecutive; there is never a gap at the head. Guarded by the stream's lock.
 */
final class EntryLog {
  private static final int LEAST = 16;

  private final Footprint footprint;
  private @Nullable Stored[] ring = new Stored[LEAST];
  private long head;
  private long tail;
  private long gaps;
  private long newestGap = -1;
  private long bytes;

  /** Empty; what it takes is told to a footprint. */
  EntryLog(Footprint footprint) {
    this.footprint = footprint;
  }

  /** The ordinal of the oldest entry; {@link #tail} if there is none. */
  long head() {
    return head;
  }

  /** The ordinal that the next entry will have. */
  long tail() {
    return tail;
  }

  long length() {
    return tail - head - gaps;
  }

  boolean isEmpty() {
    return head == tail;
  }

  /** About how much memory the entries take. */
  long bytes() {
    return bytes;
  }

  /** How many entries there are between two ordinals. */
  long count(long from, long to) {
    if (gaps == 0 || from > newestGap) {
      return Math.max(0, to - from);
    }
    long found = 0;
    for (long i = from; i < to; i++) {
      found += get(i).removed ? 0 : 1;
    }
    return found;
  }

  /** The ordinal behind this many of the oldest entries. */
  long behind(long count) {
    if (count >= length()) {
      return tail;
    }
    if (gaps == 0) {
      return head + count;
    }
    long ordinal = head;
    for (long left = count; left > 0; ordinal++) {
      left -= get(ordinal).removed ? 0 : 1;
    }
    return ordinal;
  }

  /** The entries up to this ordinal exclusive, oldest first. */
  List<Stored> before(long ordinal) {
    var found = new ArrayList<Stored>();
    for (long i = head; i < ordinal; i++) {
      if (!get(i).removed) {
        found.add(get(i));
      }
    }
    return found;
  }

  /** The newest entry; there is one. */
  Stored newest() {
    long ordinal = tail - 1;
    while (get(ordinal).removed) {
      ordinal--;
    }
    return get(ordinal);
  }

  /** Takes one out, wherever it is. */
  void remove(Stored entry) {
    entry.removed = true;
    takes(-entry.bytes);
    gaps++;
    newestGap = Math.max(newestGap, entry.ordinal);
    if (entry.ordinal == head) {
      removeBefore(head + 1);
    }
  }

  Stored get(long ordinal) {
    Objects.checkIndex(ordinal - head, tail - head);
    return Objects.requireNonNull(ring[slot(ordinal)]);
  }

  void add(Stored entry) {
    if (tail - head == ring.length) {
      resize(ring.length * 2);
    }
    ring[slot(tail)] = entry;
    tail++;
    takes(entry.bytes);
  }

  /** Removes the oldest ones, up to this ordinal exclusive. */
  void removeBefore(long ordinal) {
    long freed = 0;
    for (; head < ordinal || (head < tail && get(head).removed); head++) {
      freed += get(head).removed ? 0 : get(head).bytes;
      gaps -= get(head).removed ? 1 : 0;
      ring[slot(head)] = null;
    }
    takes(-freed);
    int wanted = ring.length;
    while (wanted > LEAST && tail - head < wanted / 4) {
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

  private void takes(long more) {
    bytes += more;
    footprint.add(more);
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
