package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Entry;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What is scheduled in a store. A set exists while something is in it. Thread-safe. */
final class Scheduled {
  private final Store store;
  // Guards the sets. Taken before the lock of a stream, never after it.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, DueSet> sets = new HashMap<>();
  private long serials;

  Scheduled(Store store) {
    this.store = store;
  }

  void put(String set, String id, Instant due, Entry entry) {
    lock.lock();
    try {
      DueSet entries = sets.computeIfAbsent(set, name -> new DueSet());
      entries.remove(id);
      entries.add(new Item(id, due, serials++, entry));
    } finally {
      lock.unlock();
    }
  }

  boolean cancel(String set, String id) {
    lock.lock();
    try {
      DueSet entries = sets.get(set);
      boolean was = entries != null && entries.remove(id);
      dropIfEmpty(set, entries);
      return was;
    } finally {
      lock.unlock();
    }
  }

  int moveDue(String set, String stream, int max) {
    lock.lock();
    try {
      DueSet entries = sets.get(set);
      Instant now = store.clock().now();
      if (entries == null || entries.dueBy(now) == null) {
        return 0;
      }
      int moved = store.with(stream, target -> move(entries, target, now, max));
      dropIfEmpty(set, entries);
      return moved;
    } finally {
      lock.unlock();
    }
  }

  private int move(DueSet entries, MemoryStream target, Instant now, int max) {
    int moved = 0;
    for (Item item = entries.dueBy(now);
        item != null && moved < max;
        item = entries.dueBy(now), moved++) {
      entries.remove(item.id);
      target.add(item.entry, store.nowMillis());
    }
    target.wakeAll();
    return moved;
  }

  private void dropIfEmpty(String set, @Nullable DueSet entries) {
    if (entries != null && entries.isEmpty()) {
      sets.remove(set);
    }
  }

  private record Item(String id, Instant due, long serial, Entry entry) {}

  private static final class DueSet {
    private final Map<String, Item> byId = new HashMap<>();
    private final TreeSet<Item> byTime =
        new TreeSet<>(Comparator.comparing(Item::due).thenComparingLong(Item::serial));

    void add(Item item) {
      byId.put(item.id, item);
      byTime.add(item);
    }

    boolean remove(String id) {
      Item item = byId.remove(id);
      return item != null && byTime.remove(item);
    }

    @Nullable Item dueBy(Instant now) {
      return byTime.isEmpty() || byTime.first().due.isAfter(now) ? null : byTime.first();
    }

    boolean isEmpty() {
      return byId.isEmpty();
    }
  }
}
