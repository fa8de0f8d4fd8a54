package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.EventOverflow;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which event is handled next, and which has no room, where each channel is in order: it has one
 * handler at a time, and the others go on. Every step takes the same time however many wait. Not
 * thread-safe.
 *
 * <p>While a handler is free, nothing waits that could run.
 */
final class Waiting {
  private final int concurrency;
  private final int capacity;
  private final EventOverflow overflow;

  /** All that wait, oldest first. */
  private final LinkedHashSet<Arrival> all = new LinkedHashSet<>();

  /** The channels that have something to do. */
  private final Map<String, Lane> lanes = new HashMap<>();

  /** Lanes that have something to do and no handler. */
  private final LinkedHashSet<Lane> ready = new LinkedHashSet<>();

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

  Waiting(int concurrency, int capacity, EventOverflow overflow) {
    this.concurrency = concurrency;
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
    lanes.values().removeIf(lane -> !lane.busy);
    return dropped;
  }

  /** How many channels are remembered. */
  int lanes() {
    return lanes.size();
  }

  private @Nullable Arrival next() {
    if (ready.isEmpty()) {
      return null;
    }
    Lane lane = ready.removeFirst();
    Arrival event = lane.events.remove();
    all.remove(event);
    begin(lane);
    return event;
  }

  private void begin(Lane lane) {
    running++;
    lane.busy = true;
  }

  private void add(Lane lane, Arrival event) {
    all.add(event);
    lane.events.add(event);
    list(lane);
  }

  private void list(Lane lane) {
    if (!lane.busy) {
      ready.add(lane);
    }
  }

  private Arrival removeOldest() {
    Arrival event = all.removeFirst();
    Lane lane = lane(event);
    // The oldest of all is the oldest of its lane.
    lane.events.remove();
    forgetIfIdle(lane);
    return event;
  }

  private Lane lane(Arrival event) {
    return lanes.computeIfAbsent(event.channel, Lane::new);
  }

  private void forgetIfIdle(Lane lane) {
    if (!lane.busy && lane.events.isEmpty()) {
      ready.remove(lane);
      lanes.remove(lane.channel);
    }
  }
}
