package dev.millrace.app.demo;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The live events of a run: the first orders are published too, and a subscription hears them. An
 * event may be missed, but not without a gap or a drop that tells so. Thread-safe.
 */
final class DemoEvents {
  static final String LISTENER = "order-watcher";

  /** As many as fit into the subscription's buffer, so that slow printing drops none. */
  private static final int MOST = 1_000;

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long LOOK_NANOS = 5_000_000;

  private final StreamManager streams;
  private final String channel;
  private final String runId;
  private final Subscription subscription;
  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong underWay = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong gaps = new AtomicLong();
  private final Set<String> published = ConcurrentHashMap.newKeySet();
  private final Set<String> received = ConcurrentHashMap.newKeySet();

  /**
   * The event.
   *
   * @param run the run it is of; others may use the channel
   * @param order the order's id
   */
  record Placed(String run, String order) {}

  /** Listens from now on. */
  DemoEvents(StreamManager streams, String channel, String runId) {
    this.streams = streams;
    this.channel = channel;
    this.runId = runId;
    this.subscription =
        streams
            .createSubscription(LISTENER, SubscriptionConfig.of(channel), this::hear)
            .onGap(this::missed);
  }

  private void hear(Message event) {
    Placed placed = event.as(Placed.class);
    if (placed.run().equals(runId)) {
      received.add(placed.order());
    }
  }

  private void missed(Gap gap) {
    gaps.incrementAndGet();
  }

  /** Publishes that an order was placed, unless there were enough. Does not wait. */
  void placed(Order order) {
    if (asked.incrementAndGet() > MOST) {
      return;
    }
    underWay.incrementAndGet();
    try {
      var unused =
          streams
              .publishAsync(channel, new Placed(runId, order.id()), SendOptions.none())
              .whenComplete((done, error) -> ended(order.id(), error == null));
    } catch (BrokerException atOnce) {
      ended(order.id(), false);
    }
  }

  private void ended(String order, boolean taken) {
    if (taken) {
      published.add(order);
    } else {
      refused.incrementAndGet();
    }
    underWay.decrementAndGet();
  }

  /** Until all that was published was heard or told to be missed, or patience is over. */
  EventCount await() {
    long until = System.nanoTime() + PATIENCE.toNanos();
    EventCount count = count();
    while ((underWay.get() > 0 || !count.explained()) && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(LOOK_NANOS);
      count = count();
    }
    return count;
  }

  private EventCount count() {
    ComponentInfo info = subscription.info();
    long missing = published.stream().filter(order -> !received.contains(order)).count();
    return new EventCount(
        published.size(),
        refused.get(),
        received.size(),
        missing,
        gaps.get(),
        info.counts().getOrDefault("dropped", 0L));
  }
}
