package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.EventOverflow;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which event is handled next, and which has no room. In order, a channel has one handler at a
 * time, and the others go on. Every step takes the same time however many wait. Not thread-safe.
 *
 * <p>While a handler is free, nothing waits that could run.
 */
final class Waiting {
  private final int concurrency;
  private final boolean inOrder;
  private final int capacity;
  private final EventOverflow overflow;

  /** All that wait, oldest first. */
  private final LinkedHashSet<Arrival> all = new LinkedHashSet<>();

  private final Map<String, Lane> lanes = new HashMap<>();

  /** Lanes that have something to do and no handler; may also name some that have become empty. */
  private final ArrayDeque<Lane> ready = new ArrayDeque<>();

  private int running;

  private static final class Lane {
    final ArrayDeque<Arrival> events = new ArrayDeque<>();
    boolean busy;
    boolean listed;
  }

  /**
   * What became of an event.
   *
   * @param start to be handled now
   * @param dropped had no room
   * @param refused whether it is the end of the subscription, and the event was not taken
   */
  record Offer(@Nullable Arrival start, @Nullable Arrival dropped, boolean refused) {
    private static final Offer TAKEN = new Offer(null, null, false);
    private static final Offer REFUSED = new Offer(null, null, true);
  }

  Waiting(int concurrency, boolean inOrder, int capacity, EventOverflow overflow) {
    this.concurrency = concurrency;
    this.inOrder = inOrder;
    this.capacity = capacity;
    this.overflow = overflow;
  }

  Offer offer(Arrival event) {
    Lane lane = lane(event);
    if (running < concurrency && !lane.busy) {
      begin(lane);
      return new Offer(event, null, false);
    }
    Arrival dropped = null;
    if (all.size() >= capacity) {
      switch (overflow) {
        case CLOSE -> {
          return Offer.REFUSED;
        }
        case DROP_NEWEST -> {
          return new Offer(null, event, false);
        }
        case DROP_OLDEST -> dropped = removeOldest();
      }
    }
    // Asked for again: dropping the oldest may have removed the lane when it became empty.
    add(lane(event), event);
    return dropped == null ? Offer.TAKEN : new Offer(null, dropped, false);
  }

  /** A handler is free again; the event to be handled next, where there is one. */
  @Nullable Arrival ended(Arrival event) {
    running--;
    Lane lane = lane(event);
    lane.busy = false;
    if (lane.events.isEmpty()) {
      removeIfIdle(event);
    } else {
      list(lane);
    }
    return next();
  }

  int size() {
    return all.size();
  }

  int running() {
    return running;
  }

  /** Forgets what waits. */
  int clear() {
    int dropped = all.size();
    all.clear();
    ready.clear();
    lanes.values().forEach(lane -> lane.events.clear());
    lanes.values().forEach(lane -> lane.listed = false);
    lanes.values().removeIf(lane -> !lane.busy);
    return dropped;
  }

  private @Nullable Arrival next() {
    for (Lane lane = ready.poll(); lane != null; lane = ready.poll()) {
      lane.listed = false;
      Arrival event = lane.events.poll();
      if (event != null) {
        all.remove(event);
        begin(lane);
        return event;
      }
    }
    return null;
  }

  private void begin(Lane lane) {
    running++;
    lane.busy = inOrder;
    if (!lane.events.isEmpty()) {
      list(lane);
    }
  }

  private void add(Lane lane, Arrival event) {
    all.add(event);
    lane.events.add(event);
    list(lane);
  }

  private void list(Lane lane) {
    if (!lane.busy && !lane.listed) {
      lane.listed = true;
      ready.add(lane);
    }
  }

  private Arrival removeOldest() {
    Iterator<Arrival> oldest = all.iterator();
    Arrival event = oldest.next();
    oldest.remove();
    // The oldest of all is the oldest of its lane.
    lane(event).events.remove();
    removeIfIdle(event);
    return event;
  }

  private Lane lane(Arrival event) {
    return lanes.computeIfAbsent(key(event), key -> new Lane());
  }

  private void removeIfIdle(Arrival event) {
    Lane lane = lane(event);
    if (!lane.busy && !lane.listed && lane.events.isEmpty()) {
      lanes.remove(key(event));
    }
  }

  private String key(Arrival event) {
    return inOrder ? event.channel : "";
  }
}
