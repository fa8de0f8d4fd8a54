package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A stream: its log, its groups, and the lock over both. */
final class MemoryStream {
  /** Ordinals of entries that are not in the log begin here, before all that are. */
  private static final long OUTSIDE = Long.MIN_VALUE;

  final Store store;
  final String name;

  /** Streams that are locked together are locked in this order. */
  final long serial;

  final EntryLog log;
  final RetentionNotes notes = new RetentionNotes();
  final DedupWindow dedup;
  final Lines lines;

  // Guards the log, the groups with everything pending, and the state of their readers. Never held
  // while a sink is called.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, MemoryGroup> groups = new LinkedHashMap<>();
  private final List<Member> woken = new ArrayList<>();
  private EntryId last;
  private long given;
  // The ordinal that its first entry had, or will have.
  private long firstOrdinal;
  private boolean written;
  private boolean removed;

  // Beginnings that lie in the future, by group; nearly always empty.
  private final Map<MemoryGroup, EntryId> beginnings = new LinkedHashMap<>();

  MemoryStream(Store store, String name, long serial, EntryId last) {
    this.store = store;
    this.name = name;
    this.serial = serial;
    this.last = last;
    this.log = new EntryLog(store.footprint());
    this.dedup = new DedupWindow(store.clock());
    this.lines = new Lines(store.clock());
  }

  void lock() {
    lock.lock();
  }

  /** Unlocks and starts the readers that were woken meanwhile. */
  void unlock() {
    if (woken.isEmpty() || lock.getHoldCount() > 1) {
      lock.unlock();
      return;
    }
    List<Member> start = List.copyOf(woken);
    woken.clear();
    lock.unlock();
    start.forEach(Member::start);
  }

  void wake(Member member) {
    woken.add(member);
  }

  /** Whether it was taken out of the store while the caller waited for the lock. */
  boolean removed() {
    return removed;
  }

  boolean exists() {
    return written || !groups.isEmpty();
  }

  /** What is pending or unread in the group that is furthest behind. */
  long backlog() {
    long most = 0;
    for (MemoryGroup group : groups.values()) {
      most = Math.max(most, group.backlog());
    }
    return most;
  }

  /** Appends without conditions. The caller wakes the readers when it has added all it has. */
  Stored add(Entry entry, long now) {
    last = last.next(now);
    written = true;
    var stored = new Stored(log.tail(), last, entry);
    log.add(stored);
    if (!beginnings.isEmpty()) {
      beginnings.forEach((group, from) -> passIfBefore(group, from, stored));
      beginnings.values().removeIf(from -> from.compareTo(last) <= 0);
    }
    return stored;
  }

  /**
   * Moves its oldest entries to the end of another stream, as long as that one wants more.
   *
   * @param most how many at most
   * @return how many were moved
   */
  int moveOldest(MemoryStream target, long most, BooleanSupplier wanted, long now) {
    if (log.isEmpty()) {
      return 0;
    }
    long ordinal = log.head();
    int moved = 0;
    for (; ordinal < log.tail() && moved < most && wanted.getAsBoolean(); ordinal++) {
      Stored stored = log.get(ordinal);
      if (!stored.removed) {
        target.add(stored.entry, now);
        moved++;
      }
    }
    removeBefore(ordinal);
    target.wakeAll();
    return moved;
  }

  /** The entry at a position, where there is one. */
  @Nullable Stored find(Position position) {
    EntryId id = EntryId.parse("find entry", position.value());
    long ordinal = log.firstFrom(id);
    Stored found = ordinal < log.tail() ? log.get(ordinal) : null;
    return found != null && found.id.equals(id) && !found.removed ? found : null;
  }

  /** Gives an entry to one group alone: the log never has it. */
  void give(MemoryGroup group, Entry entry, int deliveries, long now) {
    last = last.next(now);
    group.give(new Stored(OUTSIDE + given++, last, entry), deliveries);
  }

  /** Wakes the readers of all groups that wait for entries. */
  void wakeAll() {
    for (MemoryGroup group : groups.values()) {
      group.members.wake();
    }
  }

  /**
   * Takes an entry out of the log that a work queue is done with, unless another group needs it.
   */
  void removeFor(MemoryGroup group, Stored stored) {
    for (MemoryGroup other : groups.values()) {
      if (other != group && other.needs(stored)) {
        return;
      }
    }
    remove(stored);
  }

  /** Takes an entry out of the log. */
  void remove(Stored stored) {
    if (stored.removed || stored.ordinal < log.head()) {
      return;
    }
    log.remove(stored);
    headMoved();
  }

  // With the head go the gaps behind it, which a group may not have come to yet.
  private void headMoved() {
    for (MemoryGroup group : groups.values()) {
      group.headIs(log.head());
    }
  }

  /** Takes an entry out of the log wherever it stands, also where groups have not come so far. */
  void take(Stored stored) {
    remove(stored);
    groups.values().forEach(group -> group.removedBefore(log.head()));
  }

  @Nullable MemoryGroup group(String group) {
    return groups.get(group);
  }

  MemoryGroup group(String group, StartPosition start) {
    MemoryGroup known = groups.get(group);
    if (known != null) {
      return known;
    }
    var made = new MemoryGroup(this, group);
    place(made, start);
    groups.put(group, made);
    return made;
  }

  private void place(MemoryGroup group, StartPosition start) {
    beginnings.remove(group);
    EntryId from =
        switch (start) {
          case StartPosition.Beginning beginning -> EntryId.ZERO;
          case StartPosition.Latest latest -> last.following();
          case StartPosition.After after ->
              EntryId.parse("place group '" + group.name + "'", after.position()).following();
          case StartPosition.At at -> EntryId.atTime(at.time().toEpochMilli());
        };
    if (from.compareTo(last.following()) > 0) {
      beginnings.put(group, from);
    }
    long ordinal = log.firstFrom(from);
    Position before =
        switch (start) {
          case StartPosition.After after -> new Position(after.position());
          case StartPosition.Latest latest -> last.position();
          default -> ordinal > log.head() ? log.get(ordinal - 1).position : EntryId.ZERO.position();
        };
    group.moveTo(ordinal, before);
  }

  /** Lets a group that exists go on from a place. */
  void reset(MemoryGroup group, StartPosition start) {
    place(group, start);
    if (group.audit != null) {
      group.audit.broke();
    }
  }

  /** Removes a group that nobody reads; whether there was one. */
  boolean removeGroup(String name) {
    MemoryGroup group = groups.get(name);
    if (group == null) {
      return false;
    }
    if (!group.members.isEmpty()) {
      throw new GroupRef(this.name, name).stillRead(group.members.names());
    }
    group.close();
    groups.remove(name);
    beginnings.remove(group);
    return true;
  }

  /** Removes the oldest entries, up to this ordinal. */
  void removeBefore(long ordinal) {
    for (MemoryGroup group : groups.values()) {
      group.removedBefore(ordinal);
    }
    log.removeBefore(ordinal);
    headMoved();
  }

  /** Deletes everything; groups with open readers are made again at once. */
  void delete() {
    groups.values().stream().filter(group -> group.members.isEmpty()).forEach(MemoryGroup::close);
    groups.values().removeIf(group -> group.members.isEmpty());
    log.removeBefore(log.tail());
    dedup.clear();
    lines.clear();
    notes.clear();
    beginnings.clear();
    firstOrdinal = log.tail();
    written = false;
    groups.values().forEach(MemoryGroup::recreate);
    removed = groups.isEmpty();
  }

  /** Cancels all timers. */
  void close() {
    groups.values().forEach(MemoryGroup::close);
  }

  EntryId last() {
    return last;
  }

  /** How many entries were ever added. */
  long added() {
    return log.tail() - firstOrdinal;
  }

  Collection<MemoryGroup> groups() {
    return groups.values();
  }

  StreamState describe() {
    return new StreamState(
        name,
        exists(),
        log.length(),
        log.isEmpty() ? Optional.empty() : Optional.of(log.get(log.head()).position),
        log.isEmpty() ? Optional.empty() : Optional.of(log.newest().position),
        groups.values().stream().map(MemoryGroup::describe).toList(),
        notes.settings());
  }

  private static void passIfBefore(MemoryGroup group, EntryId from, Stored stored) {
    if (stored.id.compareTo(from) < 0) {
      group.pass(stored);
    }
  }
}
