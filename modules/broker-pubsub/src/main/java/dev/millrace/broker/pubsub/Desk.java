package dev.millrace.broker.pubsub;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where events wait for handlers, and the threads that handle them. A thread whose handlers are
 * quick takes the next event itself, for starting one costs more than many a handler; after {@value
 * #ONE_THREAD_NANOS} ns or {@value #MOST_IN_A_ROW} events comes a new one. Thread-safe; offered to
 * by one thread at a time.
 */
abstract class Desk {
  private static final int MOST_IN_A_ROW = 128;
  private static final long ONE_THREAD_NANOS = 1_000_000;

  private final Thread.Builder builder;
  private final Work work;
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private final LongAdder finished = new LongAdder();

  /** For whoever waits for the end; not held while handlers run. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition idle = lock.newCondition();
  private volatile boolean awaited;

  /** Handles an event. */
  interface Work {
    /**
     * Handles one and never throws.
     *
     * @param begun when
     * @return when it was done
     */
    long handle(Arrival event, long begun);

    /** A monotonic reading. */
    long now();
  }

  /** What became of an event. */
  enum Fate {
    /** It is or will be handled. */
    TAKEN,
    /** There was no room: it or an older one will not be handled. */
    DROPPED,
    /** There was no room, and that is the end. */
    REFUSED
  }

  Desk(String name, Work work) {
    this.builder = Thread.ofVirtual().name("millrace-event-" + name);
    this.work = work;
  }

  /** For a new event. */
  abstract Fate offer(Arrival event);

  abstract int waiting();

  abstract int running();

  /** Forgets what waits, and takes nothing more. How many it were. */
  abstract int shut();

  /**
   * The handler of an event has ended.
   *
   * @param mayGoOn whether this thread may take another
   * @return which one it takes
   */
  abstract @Nullable Arrival ended(Arrival event, boolean mayGoOn);

  final long finished() {
    return finished.sum();
  }

  /** Has an event handled on a thread of its own. */
  final void start(Arrival event) {
    Thread thread = builder.unstarted(() -> run(event));
    threads.add(thread);
    thread.start();
  }

  private void run(Arrival first) {
    long begun = work.now();
    long now = begun;
    Arrival event = first;
    for (int left = MOST_IN_A_ROW; event != null; left--) {
      now = work.handle(event, now);
      finished.increment();
      boolean mayGoOn = left > 1 && now - begun < ONE_THREAD_NANOS;
      if (!mayGoOn) {
        threads.remove(Thread.currentThread()); // before the next is there: see cut()
      }
      event = ended(event, mayGoOn);
    }
    threads.remove(Thread.currentThread());
  }

  /** No handler runs any more. */
  final void idle() {
    if (awaited) {
      lock.lock();
      try {
        idle.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Waits until all is handled, up to the deadline. A handler that stops its own subscription waits
   * for itself.
   */
  final void awaitIdle(Duration deadline) {
    long left = deadline.toNanos();
    lock.lock();
    try {
      awaited = true;
      while (left > 0 && (running() > 0 || waiting() > 0)) {
        left = idle.awaitNanos(left);
      }
    } catch (InterruptedException hurried) {
      // Whoever stops wants to get on: as if the deadline were over.
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Interrupts the handlers that still run. How many they were. */
  final int cut() {
    List<Thread> cut = running() == 0 ? List.of() : new ArrayList<>(threads);
    cut.forEach(Thread::interrupt);
    return cut.size();
  }
}
