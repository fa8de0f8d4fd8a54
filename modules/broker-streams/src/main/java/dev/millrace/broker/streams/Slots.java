package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets at most so many pieces of work run at once, on virtual threads; the others wait in order.
 * Lock-free: whoever adds one or frees a slot starts the next. A thread whose work was quick takes
 * the next itself, for starting one costs more than many a handler; after {@value
 * #ONE_THREAD_NANOS} ns or {@value #MOST_IN_A_ROW} pieces comes a new one, so that no work holds
 * others up. While the door of the company is closed nothing starts.
 */
final class Slots {
  private static final int MOST_IN_A_ROW = 128;
  private static final long ONE_THREAD_NANOS = 1_000_000;

  private final int size;
  private final Company company;
  private final BrokerClock clock;
  private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger taken = new AtomicInteger();
  private final Gauge running = new Gauge();
  private final Thread.Builder threads;

  Slots(String name, int size, Company company, BrokerClock clock) {
    this.size = size;
    this.company = company;
    this.clock = clock;
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

  private void run(Runnable first) {
    long begun = clock.nanoTime();
    try {
      Runnable work = first;
      for (int left = MOST_IN_A_ROW; work != null; left--) {
        work.run();
        boolean quick = left > 1 && clock.nanoTime() - begun < ONE_THREAD_NANOS;
        work = quick ? another() : null;
      }
    } finally {
      free();
      dispatch();
      running.down();
    }
  }

  /** The next one for a slot that is taken: whoever closes the door sees the slot. */
  private @Nullable Runnable another() {
    return company.closed() || taken.get() > size ? null : waiting.poll();
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
