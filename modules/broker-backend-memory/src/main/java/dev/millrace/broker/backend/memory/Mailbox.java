package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Events on their way to one sink: in order, one at a time, on the executor. Bounded: what a sink
 * that is too slow has no room for is dropped and reported to it as a gap.
 */
final class Mailbox implements AutoCloseable {
  /** How many events may wait for one sink. */
  static final int CAPACITY = 10_000;

  private static final System.Logger LOG = System.getLogger(Mailbox.class.getName());

  private final EventSink sink;
  private final Executor executor;
  private final BrokerClock clock;
  // Guards everything below; never held while the sink is called.
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Event> waiting = new ArrayDeque<>();
  private @Nullable Instant gapFrom;
  private boolean running;
  private boolean closed;

  Mailbox(EventSink sink, Executor executor, BrokerClock clock) {
    this.sink = sink;
    this.executor = executor;
    this.clock = clock;
  }

  void put(String channel, Entry entry) {
    boolean start;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      // Nothing may overtake the report of a gap: while one is due, newer events belong to it.
      if (gapFrom != null || waiting.size() >= CAPACITY) {
        gapFrom = gapFrom == null ? clock.now() : gapFrom;
        return;
      }
      waiting.add(new Event(channel, entry));
      start = !running;
      running = true;
    } finally {
      lock.unlock();
    }
    if (start) {
      executor.execute(this::run);
    }
  }

  /** Drops what waits; nothing is begun after this. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      gapFrom = null;
      waiting.clear();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    for (Runnable call = next(); call != null; call = next()) {
      try {
        call.run();
      } catch (Throwable fault) {
        // A sink must not throw; the events after this one are not its fault.
        LOG.log(System.Logger.Level.ERROR, "A sink of events threw", fault);
      }
    }
  }

  private @Nullable Runnable next() {
    lock.lock();
    try {
      Event event = waiting.poll();
      if (event != null) {
        return () -> sink.event(event.channel, event.entry);
      }
      if (gapFrom != null) {
        Instant from = gapFrom;
        Instant to = clock.now();
        gapFrom = null;
        return () -> sink.gap(from, to);
      }
      running = false;
      return null;
    } finally {
      lock.unlock();
    }
  }

  private record Event(String channel, Entry entry) {}
}
