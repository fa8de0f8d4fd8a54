package dev.millrace.broker.streams;

import dev.millrace.broker.api.Route;
import dev.millrace.broker.api.RouteSwitch;
import dev.millrace.broker.api.spi.BrokerClock;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a backup producer's messages go, and who is told of changes. Thread-safe. */
final class RouteKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(RouteKeeper.class);

  private final String producer;
  private final String stream;
  private final BrokerClock clock;
  private final LongAdder switches = new LongAdder();
  private final List<Consumer<RouteSwitch>> listeners = new CopyOnWriteArrayList<>();

  /** Guards what follows; held for no listener. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<RouteSwitch> untold = new ArrayDeque<>();
  private boolean telling;
  private volatile Route route = Route.PRIMARY;
  private volatile @Nullable RouteSwitch last;

  RouteKeeper(String producer, String stream, BrokerClock clock) {
    this.producer = producer;
    this.stream = stream;
    this.clock = clock;
  }

  Route route() {
    return route;
  }

  Optional<RouteSwitch> last() {
    return Optional.ofNullable(last);
  }

  long switches() {
    return switches.sum();
  }

  void add(Consumer<RouteSwitch> listener) {
    listeners.add(listener);
  }

  /** Messages go there from now on. Does nothing if they do already. */
  void turnTo(Route next, String reason) {
    if (route == next) {
      return;
    }
    lock.lock();
    try {
      if (route == next) {
        return;
      }
      var change = new RouteSwitch(producer, route, next, clock.now(), reason);
      route = next;
      last = change;
      switches.increment();
      untold.add(change);
      if (!telling) {
        telling = true;
        Thread.ofVirtual().name("millrace-" + producer + "-route").start(this::tellAll);
      }
    } finally {
      lock.unlock();
    }
  }

  private void tellAll() {
    for (RouteSwitch next = poll(); next != null; next = poll()) {
      log(next);
      for (Consumer<RouteSwitch> listener : listeners) {
        try {
          listener.accept(next);
        } catch (RuntimeException thrown) {
          LOG.warn("producer {}: a listener of its route failed", producer, thrown);
        }
      }
    }
  }

  private @Nullable RouteSwitch poll() {
    lock.lock();
    try {
      RouteSwitch next = untold.poll();
      telling = next != null;
      return next;
    } finally {
      lock.unlock();
    }
  }

  private void log(RouteSwitch change) {
    if (change.to() == Route.PRIMARY) {
      LOG.info("producer {}: back to stream {}: {}", producer, stream, change.reason());
    } else {
      LOG.warn(
          "producer {}: messages to stream {} go to the {}: {}",
          producer,
          stream,
          change.to() == Route.BACKUP ? "backup stream" : "journal",
          change.reason());
    }
  }
}
