package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A group of a stream: how far it has read, and what is pending. What the readers may have next is
 * first whatever came back, oldest first, then the log from {@link #next()} on. Guarded by the
 * stream's lock.
 */
final class MemoryGroup {
  final MemoryStream stream;
  final String name;
  final GroupMembers members = new GroupMembers(this);

  private final TreeMap<Long, Held> pending = new TreeMap<>();
  private final Away away = new Away();
  private final TreeMap<Long, Held> ready = new TreeMap<>();
  private final PriorityQueue<Held> delayed =
      new PriorityQueue<>(
          Comparator.<Held>comparingLong(held -> held.deadline)
              .thenComparingLong(held -> held.stored.ordinal));
  private final GroupTimer timer;

  /** What an audit counts; null: none is on. */
  @Nullable AuditTally audit;

  private long next;
  // Ordinals from here on were never given to anybody; below it, after a reset, some are pending.
  private long frontier;
  private Position lastDelivered = EntryId.ZERO.position();

  MemoryGroup(MemoryStream stream, String name) {
    this.stream = stream;
    this.name = name;
    this.timer = new GroupTimer(stream.store.clock(), this::timeIsUp);
  }

  /** The ordinal of the next entry to be read from the log. */
  long next() {
    return next;
  }

  /** Goes on from this ordinal; pending entries stay. */
  void moveTo(long ordinal, Position before) {
    next = ordinal;
    lastDelivered = before;
    members.wake();
  }

  /** Passes over an entry that lies before the group's beginning. */
  void pass(Stored stored) {
    next = stored.ordinal + 1;
  }

  /** The log begins with this ordinal now: what is gone is passed over. */
  void headIs(long ordinal) {
    next = Math.max(next, ordinal);
  }

  /** Whether it has not read an entry of the log, or has it pending. */
  boolean needs(Stored stored) {
    return stored.ordinal >= next || pending.containsKey(stored.ordinal);
  }

  /** How many entries could be given out now, or a few more. */
  long available() {
    return ready.size() + (stream.log.tail() - next);
  }

  /** The oldest ordinal that the group is not done with. */
  long floor() {
    return pending.isEmpty() ? next : Math.min(next, pending.firstKey());
  }

  /** What is pending, oldest first. */
  List<Held> pendingFrom(EntryId id) {
    return Stream.concat(pending.values().stream(), away.all().stream())
        .filter(held -> held.state != Held.State.PARKED && !held.unread)
        .filter(held -> held.stored.id.compareTo(id) >= 0)
        .sorted(Comparator.comparing(held -> held.stored.id))
        .toList();
  }

  /** Gives at most this many entries to a reader. */
  List<Received> take(Member member, int most) {
    var batch = new ArrayList<Received>((int) Math.min(most, available()));
    long now = stream.store.clock().nanoTime();
    while (batch.size() < most) {
      Held held = nextOne();
      if (held == null) {
        break;
      }
      batch.add(give(held, member, now));
    }
    if (!batch.isEmpty()) {
      timer.wakeAt(now + member.leaseNanos, now);
    }
    return batch;
  }

  private @Nullable Held nextOne() {
    Map.Entry<Long, Held> back = ready.pollFirstEntry();
    if (back != null) {
      return back.getValue();
    }
    while (next < stream.log.tail()) {
      Stored stored = stream.log.get(next++);
      if (stored.removed || (stored.ordinal < frontier && isUnderWay(stored))) {
        continue;
      }
      frontier = Math.max(frontier, next);
      lastDelivered = stored.position;
      var held = new Held(this, stored);
      pending.put(stored.ordinal, held);
      return held;
    }
    return null;
  }

  // Of an ordinal that was read before: the group was set back.
  private boolean isUnderWay(Stored stored) {
    return away.has(stored.ordinal) || pending.containsKey(stored.ordinal);
  }

  private Received give(Held held, Member member, long now) {
    away.read(held);
    held.state = Held.State.LEASED;
    held.deliveries++;
    held.fence = stream.store.nextFence();
    held.owner = member;
    held.since = now;
    held.deadline = now + member.leaseNanos;
    member.leases.add(held);
    Received.Past past = held.past();
    held.recovered = false;
    return new Received(
        held.stored.position,
        held.stored.entry,
        0,
        OptionalInt.of(held.deliveries),
        OptionalLong.of(held.fence),
        past,
        new Receipt(held, held.fence));
  }

  /** Done with a pending entry. */
  void acknowledge(Held held) {
    forget(held);
    if (!held.parked) {
      done(held);
    }
  }

  // The log need not keep it for this group.
  private void done(Held held) {
    if (audit != null) {
      audit.left(held.stored);
    }
    if (held.owner != null && held.owner.workQueue) {
      stream.removeFor(this, held.stored);
    }
  }

  /** Lets a pending entry be delivered again, after a while; who had it cannot settle it. */
  void release(Held held, Duration after) {
    detach(held);
    held.fence = Held.NO_FENCE;
    // Even late: who hands back is alive.
    held.recovered = false;
    long nanos = Nanos.of(after);
    if (nanos == 0) {
      makeReady(held);
      members.wake();
    } else {
      long now = stream.store.clock().nanoTime();
      if (held.owner != null && nanos > held.owner.leaseNanos / 2) {
        park(held);
      } else {
        held.state = Held.State.DELAYED;
      }
      held.deadline = now + nanos;
      delayed.add(held);
      timer.wakeAt(held.deadline, now);
    }
  }

  private void park(Held held) {
    held.state = Held.State.PARKED;
    if (!held.parked) {
      pending.remove(held.stored.ordinal);
      done(held);
      held.stored = held.stored.named();
    }
    away.park(held);
  }

  /** Takes an entry that comes from elsewhere, as one that was parked and is due. */
  void give(Stored stored, int deliveries) {
    var held = new Held(this, stored);
    held.deliveries = deliveries;
    away.add(held);
    makeReady(held);
  }

  /** Gives a pending entry that nobody else has taken more time with its reader. */
  void renew(Held held, long nanos) {
    Member member = held.owner;
    if (member == null) {
      return;
    }
    long now = stream.store.clock().nanoTime();
    detach(held);
    held.state = Held.State.LEASED;
    held.recovered = false;
    held.since = now;
    held.deadline = now + nanos;
    member.leases.add(held);
    timer.wakeAt(held.deadline, now);
  }

  /** Takes everything back that a reader holds. */
  void handBack(Member member) {
    for (Held held = member.leases.first(); held != null; held = member.leases.first()) {
      release(held, Duration.ZERO);
    }
  }

  /** What it still needs of everything before an ordinal, oldest first. */
  List<Stored> losing(long ordinal) {
    var lost = new ArrayList<Stored>();
    for (Held held : pending.headMap(ordinal).values()) {
      if (!held.stored.removed) {
        lost.add(held.stored);
      }
    }
    for (long i = Math.max(next, stream.log.head()); i < ordinal; i++) {
      Stored stored = stream.log.get(i);
      if (!stored.removed && !isUnderWay(stored)) {
        lost.add(stored);
      }
    }
    // Only where the group was set back are there unread ones before pending ones.
    lost.sort(Comparator.comparingLong(stored -> stored.ordinal));
    return lost;
  }

  /** The oldest that is pending in the log; null: none is. */
  @Nullable Held oldestPending() {
    return pending.isEmpty() ? null : pending.firstEntry().getValue();
  }

  /** How many are pending in the log. */
  long pendingInLog() {
    return pending.size();
  }

  /** The first that was given to nobody; null: there is none. */
  @Nullable Stored firstUnread() {
    for (long i = Math.max(next, stream.log.head()); i < stream.log.tail(); i++) {
      Stored stored = stream.log.get(i);
      if (!stored.removed && !isUnderWay(stored)) {
        return stored;
      }
    }
    return null;
  }

  /** How many pending entries somebody deleted from the log. */
  long deletedWhilePending() {
    return pending.values().stream().filter(held -> held.stored.removed).count();
  }

  /** How many entries without an id the log keeps for this group, unread and pending ones. */
  long foreignInHand() {
    long found = pending.values().stream().filter(held -> isForeign(held.stored)).count();
    for (long i = Math.max(next, stream.log.head()); i < stream.log.tail(); i++) {
      found += isForeign(stream.log.get(i)) ? 1 : 0;
    }
    return found;
  }

  private static boolean isForeign(Stored stored) {
    return !stored.removed && stored.entry.id().isEmpty();
  }

  /** Forgets pending entries that are removed from the log, and never reads them. */
  void removedBefore(long ordinal) {
    for (Held held : List.copyOf(pending.headMap(ordinal).values())) {
      forget(held);
    }
    next = Math.max(next, ordinal);
  }

  /** Begins anew at the oldest entry, with nothing pending: the stream was deleted. */
  void recreate() {
    audit = null;
    removedBefore(stream.log.tail());
    away.all().forEach(this::forget);
    next = stream.log.head();
    lastDelivered = EntryId.ZERO.position();
    timer.cancel();
    members.recreated(lastDelivered);
  }

  /** No timer stays behind. */
  void close() {
    timer.close();
  }

  StreamState.Group describe() {
    return new StreamState.Group(
        name,
        lastDelivered,
        underWay(),
        away.waiting(),
        OptionalLong.of(unread()),
        members.names());
  }

  /** What is pending or unread, without what is parked. */
  long backlog() {
    return underWay() + unread();
  }

  private long underWay() {
    return (long) pending.size() + away.pending();
  }

  private long unread() {
    return stream.log.count(next, stream.log.tail()) - underWayAhead() + away.unread();
  }

  // After the group was set back, until it is where it was.
  private long underWayAhead() {
    if (next >= frontier) {
      return 0;
    }
    long found = 0;
    for (Held held : away.from(next)) {
      long ordinal = held.stored.ordinal;
      found += ordinal < stream.log.tail() && !stream.log.get(ordinal).removed ? 1 : 0;
    }
    return found + pending.tailMap(next).values().stream().filter(h -> !h.stored.removed).count();
  }

  private void makeReady(Held held) {
    held.state = Held.State.READY;
    ready.put(held.stored.ordinal, held);
  }

  private void forget(Held held) {
    detach(held);
    held.state = Held.State.GONE;
    if (held.parked) {
      away.read(held);
      away.remove(held);
    } else {
      pending.remove(held.stored.ordinal);
    }
  }

  private void detach(Held held) {
    switch (held.state) {
      case LEASED -> {
        if (held.owner != null) {
          held.owner.leases.remove(held);
        }
      }
      case READY -> ready.remove(held.stored.ordinal);
      case DELAYED -> delayed.remove(held);
      case PARKED -> {
        delayed.remove(held);
        away.waited();
      }
      case GONE -> {}
    }
  }

  private void timeIsUp(long generation) {
    stream.lock();
    try {
      if (timer.fired(generation)) {
        recover(stream.store.clock().nanoTime());
      }
    } finally {
      stream.unlock();
    }
  }

  private void recover(long now) {
    for (Member member : members) {
      Held held = member.leases.first();
      while (held != null && held.deadline - now <= 0) {
        // The fence stays valid until the next delivery: a late acknowledgement still counts.
        detach(held);
        held.recovered = true;
        makeReady(held);
        held = member.leases.first();
      }
      if (held != null) {
        timer.wakeAt(held.deadline, now);
      }
    }
    Held due = delayed.peek();
    while (due != null && due.deadline - now <= 0) {
      detach(due);
      if (due.state == Held.State.PARKED) {
        away.unread(due);
      }
      makeReady(due);
      due = delayed.peek();
    }
    if (due != null) {
      timer.wakeAt(due.deadline, now);
    }
    members.wake();
  }
}
