package dev.millrace.broker.backend.redis.internal.reader;

import io.lettuce.core.models.stream.PendingMessage;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Recovers after the server's clock was set back, when idle times of entries delivered before tell
 * nothing: they stand at 0. One that stands there at every look, with one owner and one delivery
 * count, for a whole lease of local time has not been renewed, for a renewal makes its idle time
 * rise again. Guarded by the hub's lock.
 */
final class Standstill {
  /** How many entries are watched; the oldest come first. */
  static final int MOST = 1_000;

  private static final int LEAST_LOOKS = 3;

  private final Map<String, Watched> watched = new HashMap<>();
  private long scan;

  private record Watched(String owner, long count, long since, int looks, long lastScan) {}

  /** A scan begins: what the one before did not find is settled, and leaves its place to others. */
  void begin() {
    watched.values().removeIf(each -> each.lastScan() < scan);
    scan++;
  }

  /** Whether its lease has run out by what has been seen of it until now. */
  boolean expired(PendingMessage row, long lease, long now) {
    String id = row.getId();
    if (row.getMsSinceLastDelivery() > 0) {
      watched.remove(id);
      return false;
    }
    Watched before = watched.get(id);
    if (before == null
        || !before.owner().equals(row.getConsumer())
        || before.count() != row.getRedeliveryCount()) {
      if (watched.size() < MOST) {
        watched.put(id, new Watched(row.getConsumer(), row.getRedeliveryCount(), now, 1, scan));
      }
      return false;
    }
    int looks = before.looks() + 1;
    if (looks >= LEAST_LOOKS && now - before.since() >= TimeUnit.MILLISECONDS.toNanos(lease)) {
      watched.remove(id);
      return true;
    }
    watched.put(id, new Watched(before.owner(), before.count(), before.since(), looks, scan));
    return false;
  }

  void clear() {
    watched.clear();
  }
}
