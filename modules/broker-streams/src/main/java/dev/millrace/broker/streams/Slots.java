package dev.millrace.broker.streams;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets at most so many pieces of work run at once, each on a virtual thread of its own; the others
 * wait in order. Lock-free: whoever adds one or frees a slot starts the next. While the door of the
 * company is closed nothing starts.
 */
final class Slots {
  private final int size;
  private final Company company;
  private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger taken = new AtomicInteger();
  private final Gauge running = new Gauge();
  private final Thread.Builder threads;

  Slots(String name, int size, Company company) {
    this.size = size;
    this.company = company;
    this.threads = Thread.ofVirtual().name("millrace-" + name + "-", 0);
    company.join(this);
  }

  void add(Runnable work) {
    waiting.add(work);
  }

  /** Starts waiting work while slots are free. */
  void dispatch() {
    while (!waiting.isEmpty() && !company.closed()) {
      int busy = taken.get();
      if (busy >= size) {
        return;
      }
      if (taken.compareAndSet(busy, busy + 1)) {
        // Looked at again with the slot taken: either this is seen, or the door here.
        Runnable next = company.closed() ? null : waiting.poll();
        if (next == null) {
          free();
        } else {
          start(next);
        }
      }
    }
  }

  /** Starts work at once, whether a slot is free or not and the door open or not. */
  void startNow(Runnable work) {
    taken.incrementAndGet();
    start(work);
  }

  private void start(Runnable work) {
    running.up();
    threads.start(() -> run(work));
  }

  private void run(Runnable work) {
    try {
      work.run();
    } finally {
      free();
      dispatch();
      running.down();
    }
  }

  private void free() {
    taken.decrementAndGet();
    if (company.closed()) {
      company.freed();
    }
  }

  /** Nothing more starts by the company's doing. */
  void close() {
    company.leave(this);
  }

  int taken() {
    return taken.get();
  }

  boolean full() {
    return taken.get() >= size;
  }

  int running() {
    return running.get();
  }

  int waiting() {
    return waiting.size();
  }

  /** One that runs will never end, and is not waited for. */
  void abandon() {
    running.down();
  }

  boolean awaitIdle(Duration atMost) {
    return running.awaitZero(atMost);
  }
}
