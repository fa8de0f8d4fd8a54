package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Position;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The open readers of a group, and which of them wait for entries. Those that have waited longest
 * are woken first. Guarded by the stream's lock.
 */
final class GroupMembers implements Iterable<Member> {
  private final MemoryGroup group;
  private final LinkedHashSet<Member> open = new LinkedHashSet<>();
  private final LinkedHashSet<Member> waiting = new LinkedHashSet<>();
  private @Nullable Instant lastLeft;
  private int hungry;
  private int awaited;

  GroupMembers(MemoryGroup group) {
    this.group = group;
  }

  void add(Member member) {
    open.add(member);
  }

  void remove(Member member) {
    if (open.remove(member)) {
      lastLeft = group.stream.store.clock().now();
    }
    waiting.remove(member);
  }

  /** When the last of them left; empty: there has never been one. */
  Optional<Instant> lastLeft() {
    return Optional.ofNullable(lastLeft);
  }

  boolean isEmpty() {
    return open.isEmpty();
  }

  List<String> names() {
    return open.stream().map(member -> member.consumer).distinct().toList();
  }

  /** Puts a reader that has credit and found nothing behind the others that wait. */
  void park(Member member) {
    waiting.add(member);
  }

  void unpark(Member member) {
    waiting.remove(member);
  }

  /** Counts the readers that have credit. */
  void hungry(int more) {
    hungry += more;
  }

  /** Counts the readers that were woken and have not taken anything yet. */
  void awaited(int more) {
    awaited += more;
  }

  int awaited() {
    return awaited;
  }

  /** How much one reader may take at once so that the others with credit get their part. */
  long share() {
    return Math.ceilDiv(group.available(), Math.max(1, hungry));
  }

  /** Wakes as many readers as there are entries for, those already woken included. */
  void wake() {
    if (waiting.isEmpty()) {
      return;
    }
    for (long left = group.available() - awaited; left > 0 && !waiting.isEmpty(); left--) {
      waiting.removeFirst().wake();
    }
  }

  void recreated(Position from) {
    for (Member member : List.copyOf(open)) {
      member.recreated(from);
    }
  }

  @Override
  public Iterator<Member> iterator() {
    return new ArrayList<>(open).iterator();
  }
}
