package dev.millrace.broker.streams;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets at most so many attempts run at once, each on a virtual thread of its own; the others wait
 * in order. Lock-free: whoever adds an attempt or frees a slot starts the next.
 */
final class Slots {
  private final int size;
  private final java.util.function.Consumer<Attempt> work;
  private final ConcurrentLinkedQueue<Attempt> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger taken = new AtomicInteger();
  private final Gauge running = new Gauge();
  private final Thread.Builder threads;

  Slots(String name, int size, java.util.function.Consumer<Attempt> work) {
    this.size = size;
    this.work = work;
    this.threads = Thread.ofVirtual().name("millrace-" + name + "-", 0);
  }

  void add(Attempt attempt) {
    waiting.add(attempt);
  }

  /** Starts waiting attempts while slots are free. */
  void dispatch() {
    while (!waiting.isEmpty()) {
      int busy = taken.get();
      if (busy >= size) {
        return;
      }
      if (taken.compareAndSet(busy, busy + 1)) {
        Attempt next = waiting.poll();
        if (next == null) {
          taken.decrementAndGet();
        } else {
          running.up();
          threads.start(() -> run(next));
        }
      }
    }
  }

  private void run(Attempt attempt) {
    try {
      work.accept(attempt);
    } finally {
      taken.decrementAndGet();
      dispatch();
      running.down();
    }
  }

  int running() {
    return running.get();
  }

  int waiting() {
    return waiting.size();
  }

  boolean awaitIdle(Duration atMost) {
    return running.awaitZero(atMost);
  }
}
