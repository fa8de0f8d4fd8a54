package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.EventOverflow;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which event is handled next, and which has no room. In order, a channel has one handler at a
 * time, and the others go on; otherwise all channels are one lane that is never busy. Every step
 * takes the same time however many wait. Not thread-safe.
 *
 * <p>While a handler is free, nothing waits that could run.
 */
final class Waiting {
  private final int concurrency;
  private final boolean inOrder;
  private final int capacity;
  private final EventOverflow overflow;

  /** In order: all that wait, oldest first. Otherwise the one lane has them. */
  private final LinkedHashSet<Arrival> all = new LinkedHashSet<>();

  /** In order: the channels that have something to do. */
  private final Map<String, Lane> lanes = new HashMap<>();

  private final Lane only = new Lane("");

  /** In order: lanes that have something to do and no handler. */
  private final LinkedHashSet<Lane> ready = new LinkedHashSet<>();

  private int size;
  private int running;

  private static final class Lane {
    final String channel;
    final ArrayDeque<Arrival> events = new ArrayDeque<>();
    boolean busy;

    Lane(String channel) {
      this.channel = channel;
    }
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
    if (size >= capacity) {
      if (overflow != EventOverflow.DROP_OLDEST) {
        forgetIfIdle(lane);
        return overflow == EventOverflow.CLOSE ? Offer.REFUSED : new Offer(null, event, false);
      }
      dropped = removeOldest();
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
    forgetIfIdle(lane);
    if (!lane.events.isEmpty()) {
      list(lane);
    }
    return next();
  }

  int size() {
    return size;
  }

  int running() {
    return running;
  }

  /** Forgets what waits. */
  int clear() {
    int dropped = size;
    size = 0;
    all.clear();
    ready.clear();
    only.events.clear();
    lanes.values().forEach(lane -> lane.events.clear());
    lanes.values().removeIf(lane -> !lane.busy);
    return dropped;
  }

  /** How many channels are remembered. */
  int lanes() {
    return lanes.size();
  }

  private @Nullable Arrival next() {
    if (inOrder && ready.isEmpty()) {
      return null;
    }
    Lane lane = inOrder ? ready.removeFirst() : only;
    Arrival event = lane.events.poll();
    if (event != null) {
      removed(event);
      begin(lane);
    }
    return event;
  }

  private void begin(Lane lane) {
    running++;
    lane.busy = inOrder;
  }

  private void add(Lane lane, Arrival event) {
    size++;
    if (inOrder) {
      all.add(event);
    }
    lane.events.add(event);
    list(lane);
  }

  private void list(Lane lane) {
    if (inOrder && !lane.busy) {
      ready.add(lane);
    }
  }

  private Arrival removeOldest() {
    Arrival event = inOrder ? all.getFirst() : only.events.element();
    Lane lane = lane(event);
    // The oldest of all is the oldest of its lane.
    lane.events.remove();
    removed(event);
    forgetIfIdle(lane);
    return event;
  }

  private void removed(Arrival event) {
    size--;
    if (inOrder) {
      all.remove(event);
    }
  }

  private Lane lane(Arrival event) {
    return inOrder ? lanes.computeIfAbsent(event.channel, Lane::new) : only;
  }

  private void forgetIfIdle(Lane lane) {
    if (inOrder && !lane.busy && lane.events.isEmpty()) {
      ready.remove(lane);
      lanes.remove(lane.channel);
    }
  }
}
