package dev.millrace.broker.backend.memory;

import java.util.List;
import java.util.TreeMap;

/**
 * The entries of a group that were parked: the log may have lost them, and its bounds do not wait
 * for them. They stay here until they are settled. Guarded by the stream's lock.
 */
final class Away {
  private final TreeMap<Long, Held> all = new TreeMap<>();
  private int waiting;
  private int unread;

  void park(Held held) {
    all.put(held.stored.ordinal, held);
    held.parked = true;
    waiting++;
  }

  /** One that never was in the log, and is due. */
  void add(Held held) {
    all.put(held.stored.ordinal, held);
    held.parked = true;
    unread(held);
  }

  /** The wait of one is over or called off. */
  void waited() {
    waiting--;
  }

  /** One came back and nobody has it yet. */
  void unread(Held held) {
    held.unread = true;
    unread++;
  }

  /** Whoever was given one, or it is gone. */
  void read(Held held) {
    if (held.unread) {
      held.unread = false;
      unread--;
    }
  }

  void remove(Held held) {
    all.remove(held.stored.ordinal);
  }

  boolean has(long ordinal) {
    return !all.isEmpty() && all.containsKey(ordinal);
  }

  /** Those whose log entries would be read from an ordinal on. */
  Iterable<Held> from(long ordinal) {
    return all.tailMap(ordinal).values();
  }

  List<Held> all() {
    return List.copyOf(all.values());
  }

  /** How many wait. */
  int waiting() {
    return waiting;
  }

  /** How many came back and were given to nobody since. */
  int unread() {
    return unread;
  }

  /** How many are with a reader, or were and go to the next. */
  int pending() {
    return all.size() - waiting - unread;
  }
}
