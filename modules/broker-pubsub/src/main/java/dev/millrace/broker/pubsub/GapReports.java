package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.Gap;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners of gaps: in order, one at a time, on a thread of their own. Bounded: behind a
 * listener that takes too long gaps are put together. Thread-safe.
 */
final class GapReports {
  private static final int MOST_DUE = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(GapReports.class);

  private final String component;
  private final List<java.util.function.Consumer<? super Gap>> listeners =
      new CopyOnWriteArrayList<>();

  /** Guards {@code due} and {@code telling}; not held while listeners are called. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<Gap> due = new ArrayDeque<>();
  private boolean telling;

  GapReports(String component) {
    this.component = component;
  }

  void add(java.util.function.Consumer<? super Gap> listener) {
    listeners.add(listener);
  }

  void tell(Gap gap) {
    LOG.warn(
        "{}: events on {} may be missing from {} to {} ({})",
        component,
        gap.channel(),
        gap.from(),
        gap.to(),
        gap.missed() > 0 ? gap.missed() + " dropped" : gap.reason());
    lock.lock();
    try {
      due.add(due.size() < MOST_DUE ? gap : together(due.removeLast(), gap));
      if (telling) {
        return;
      }
      telling = true;
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("millrace-gaps-" + component).start(this::tellAll);
  }

  private static Gap together(Gap earlier, Gap later) {
    return new Gap(
        later.channel(),
        earlier.from(),
        later.to(),
        later.reason(),
        earlier.missed() + later.missed());
  }

  private void tellAll() {
    while (true) {
      Gap gap;
      lock.lock();
      try {
        gap = due.poll();
        if (gap == null) {
          telling = false;
          return;
        }
      } finally {
        lock.unlock();
      }
      for (var listener : listeners) {
        try {
          listener.accept(gap);
        } catch (Throwable fault) {
          LOG.error("{}: a listener for gaps threw", component, fault);
        }
      }
    }
  }
}
