package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.EventOverflow;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Events of several channels, each of them in order. */
final class Lanes extends Desk {
  /** Guards everything below; not held while handlers run. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Waiting waiting;
  private boolean shut;

  Lanes(String name, int concurrency, int capacity, EventOverflow overflow, Work work) {
    super(name, work);
    this.waiting = new Waiting(concurrency, capacity, overflow);
  }

  @Override
  Fate offer(Arrival event) {
    lock.lock();
    try {
      if (shut) {
        return Fate.TAKEN; // too late for anybody: it was stopped, and who stopped it knows
      }
      Waiting.Offer offer = waiting.offer(event);
      if (offer.start() != null) {
        start(offer.start());
      }
      return offer.refused() ? Fate.REFUSED : offer.dropped() == null ? Fate.TAKEN : Fate.DROPPED;
    } finally {
      lock.unlock();
    }
  }

  @Override
  @Nullable Arrival ended(Arrival event, boolean mayGoOn) {
    boolean last;
    Arrival next;
    lock.lock();
    try {
      next = waiting.ended(event);
      last = waiting.running() == 0;
    } finally {
      lock.unlock();
    }
    if (next != null && !mayGoOn) {
      start(next);
      return null;
    }
    if (last) {
      idle();
    }
    return next;
  }

  @Override
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  int running() {
    lock.lock();
    try {
      return waiting.running();
    } finally {
      lock.unlock();
    }
  }

  @Override
  int shut() {
    lock.lock();
    try {
      shut = true;
      return waiting.clear();
    } finally {
      lock.unlock();
    }
  }
}
