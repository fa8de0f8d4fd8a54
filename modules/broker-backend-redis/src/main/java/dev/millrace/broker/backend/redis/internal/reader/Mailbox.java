package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Sink;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls of one sink, in order and one at a time. Events are put in under the hub's lock and drained
 * without it, by whoever comes first.
 */
final class Mailbox {
  private static final System.Logger LOG = System.getLogger(Mailbox.class.getName());

  private final Sink sink;
  private final Queue<Event> events = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  Mailbox(Sink sink) {
    this.sink = sink;
  }

  /** Something to tell the sink. */
  @FunctionalInterface
  interface Event {
    void tell(Sink sink);
  }

  void put(Event event) {
    events.add(event);
  }

  void drain() {
    if (waiting.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      for (Event event = events.poll(); event != null; event = events.poll()) {
        try {
          event.tell(sink);
        } catch (Throwable broken) {
          // A sink must not throw. What it was given stays in flight until its lease has passed.
          LOG.log(System.Logger.Level.ERROR, "A sink failed; its deliveries come again", broken);
        }
      }
      seen = waiting.addAndGet(-seen);
    } while (seen != 0);
  }
}
