package dev.millrace.broker.rpc;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The requests that a server has in hand. Thread-safe. */
final class InHand {
  /** Guards what follows; never held while a handler runs or the backend is called. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition idle = lock.newCondition();
  private final Set<Running> all = new HashSet<>();
  private final Map<String, Running> byId = new HashMap<>();
  private long finished;

  void enter(Running one) {
    lock.lock();
    try {
      all.add(one);
      byId.put(one.id, one);
    } finally {
      lock.unlock();
    }
  }

  /** False: it had left before. */
  boolean leave(Running one) {
    lock.lock();
    try {
      boolean here = all.remove(one);
      if (here) {
        byId.remove(one.id, one);
        finished++;
      }
      if (all.isEmpty()) {
        idle.signalAll();
      }
      return here;
    } finally {
      lock.unlock();
    }
  }

  /** Tells the handler of this request, if it is here, that nobody wants its answer. */
  boolean cancel(String id) {
    Running wanted;
    lock.lock();
    try {
      wanted = byId.get(id);
    } finally {
      lock.unlock();
    }
    if (wanted != null) {
      wanted.cancel();
    }
    return wanted != null;
  }

  int size() {
    lock.lock();
    try {
      return all.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many have left since the beginning. */
  long finished() {
    lock.lock();
    try {
      return finished;
    } finally {
      lock.unlock();
    }
  }

  List<Running> all() {
    lock.lock();
    try {
      return List.copyOf(all);
    } finally {
      lock.unlock();
    }
  }

  /** A handler that stops its own server waits for itself, to the deadline. */
  void awaitIdle(Duration deadline) {
    long left = deadline.toNanos();
    lock.lock();
    try {
      while (left > 0 && !all.isEmpty()) {
        left = idle.awaitNanos(left);
      }
    } catch (InterruptedException hurried) {
      // Whoever stops wants to get on: as if the deadline were over.
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
