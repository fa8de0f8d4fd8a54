package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.EventOverflow;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Events wait in one line, and with one handler at a time they are in order. Lock-free: the thread
 * that reads from the backend must not meet handlers at a lock, for each meeting costs more than
 * what is done inside.
 *
 * <p>Nothing is left lying: who adds an event looks for a free handler after that, and who frees
 * one looks for an event after that.
 */
final class OneLine extends Desk {
  private final int concurrency;
  private final int capacity;
  private final EventOverflow overflow;
  private final ConcurrentLinkedQueue<Arrival> line = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicInteger taken = new AtomicInteger();
  private volatile boolean shut;

  OneLine(String name, int concurrency, int capacity, EventOverflow overflow, Work work) {
    super(name, work);
    this.concurrency = concurrency;
    this.capacity = capacity;
    this.overflow = overflow;
  }

  @Override
  Fate offer(Arrival event) {
    if (shut) {
      return Fate.TAKEN; // too late for anybody: it was stopped, and who stopped it knows
    }
    if (size.get() == 0 && take()) {
      start(event);
      return Fate.TAKEN;
    }
    Fate fate = Fate.TAKEN;
    if (size.get() >= capacity) {
      if (overflow != EventOverflow.DROP_OLDEST) {
        return overflow == EventOverflow.CLOSE ? Fate.REFUSED : Fate.DROPPED;
      }
      fate = poll() == null ? Fate.TAKEN : Fate.DROPPED;
    }
    line.add(event);
    size.incrementAndGet();
    dispatch();
    return fate;
  }

  private boolean take() {
    int now = taken.get();
    while (now < concurrency) {
      if (taken.compareAndSet(now, now + 1)) {
        return true;
      }
      now = taken.get();
    }
    return false;
  }

  private @Nullable Arrival poll() {
    Arrival event = line.poll();
    if (event != null) {
      size.decrementAndGet();
    }
    return event;
  }

  private void dispatch() {
    while (size.get() > 0 && take()) {
      Arrival next = poll();
      if (next == null) {
        if (taken.decrementAndGet() == 0) {
          idle(); // who ended meanwhile saw this one taken, and did not say so
        }
      } else {
        start(next);
      }
    }
  }

  @Override
  @Nullable Arrival ended(Arrival event, boolean mayGoOn) {
    Arrival next = poll();
    if (next != null && mayGoOn) {
      return next;
    }
    if (next != null) {
      start(next);
      return null;
    }
    taken.decrementAndGet();
    dispatch();
    if (taken.get() == 0) {
      idle();
    }
    return null;
  }

  @Override
  int waiting() {
    return size.get();
  }

  @Override
  int running() {
    return taken.get();
  }

  @Override
  int shut() {
    shut = true;
    int left = 0;
    while (poll() != null) {
      left++;
    }
    return left;
  }
}
