package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs what applications do with results away from the backend's threads, which must never block.
 * One virtual thread takes all that has come until it starts. Where it blocks, the next results
 * start another one, which takes the rest; if none come, a look at the queue does, every {@value
 * #LOOK_MILLIS} ms while it is not empty. Thread-safe.
 */
final class Handover {
  private static final long LOOK_MILLIS = 100;

  private final BrokerClock clock;
  private final Thread.Builder threads;
  private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean starting = new AtomicBoolean();
  private final AtomicBoolean watched = new AtomicBoolean();

  Handover(String name, BrokerClock clock) {
    this.clock = clock;
    this.threads = Thread.ofVirtual().name("millrace-" + name + "-results-", 0);
  }

  /** Takes a piece of work, for {@link #start}. */
  void add(Runnable work) {
    waiting.add(work);
  }

  /** Runs what was added, soon. */
  void start() {
    if (!waiting.isEmpty() && starting.compareAndSet(false, true)) {
      threads.start(this::run);
    }
  }

  private void run() {
    // First of all: what is added from here on is seen below, or starts the next thread.
    starting.set(false);
    for (Runnable next = waiting.poll(); next != null; next = waiting.poll()) {
      if (!waiting.isEmpty()) {
        watch();
      }
      next.run();
    }
  }

  private void watch() {
    if (!watched.get() && watched.compareAndSet(false, true)) {
      clock.schedule(Duration.ofMillis(LOOK_MILLIS), this::look);
    }
  }

  private void look() {
    watched.set(false);
    start();
  }
}
