package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EntryMessage;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stretch of a subscription from its start to its stop. One that an overflow has ended may be
 * opened again: what waited then is still before what comes.
 */
final class Listening implements Desk.Work {
  private static final Logger LOG = LoggerFactory.getLogger(Listening.class);

  /** While events are dropped all the time, a gap is told so often. */
  private static final Duration REPORT = Duration.ofSeconds(1);

  private final String name;
  private final SubscriptionConfig config;
  private final Handler<? super Message> handler;
  private final EventsContext context;
  private final EventCounts counts;
  private final GapReports gaps;
  private final Consumer<Throwable> errors;
  private final Consumer<Listening> overrun;
  private final Desk desk;

  /** Guards everything below; not held while handlers run or the backend is called. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Who hears now; null: nobody. */
  private volatile @Nullable Ear ear;

  private @Nullable AutoCloseable subscription;
  private volatile @Nullable Instant droppingSince;
  private long dropped;

  /** Whether an overflow has ended it. */
  private boolean refused;

  private boolean stopped;

  /** What one subscribing at the backend hears. One that is not the newest hears nothing. */
  final class Ear implements EventSink {
    @Override
    public void event(String channel, Entry entry) {
      heard(this, new Arrival(channel, entry));
    }

    @Override
    public void gap(Instant from, Instant to) {
      if (equals(ear)) {
        tell(new Gap(config.channel().text(), from, to, Gap.Reason.DISCONNECTED, 0));
      }
    }
  }

  Listening(
      String name,
      SubscriptionConfig config,
      Handler<? super Message> handler,
      EventsContext context,
      EventCounts counts,
      GapReports gaps,
      Consumer<Throwable> errors,
      Consumer<Listening> overrun) {
    this.name = name;
    this.config = config;
    this.handler = handler;
    this.context = context;
    this.counts = counts;
    this.gaps = gaps;
    this.errors = errors;
    this.overrun = overrun;
    this.desk = desk(name, config);
  }

  private Desk desk(String name, SubscriptionConfig config) {
    if (config.inOrder() && !config.channel().exact()) {
      return new Lanes(name, config.concurrency(), config.buffer(), config.overflow(), this);
    }
    int handlers = config.inOrder() ? 1 : config.concurrency();
    return new OneLine(name, handlers, config.buffer(), config.overflow(), this);
  }

  /** For subscribing at the backend: what comes from now on is heard. */
  Ear listen() {
    lock.lock();
    try {
      var now = new Ear();
      ear = now;
      return now;
    } finally {
      lock.unlock();
    }
  }

  /** The backend has subscribed; at once undone if it was too late. */
  void subscribed(Ear by, AutoCloseable made) {
    boolean late;
    Gap closed = null;
    lock.lock();
    try {
      late = !by.equals(ear);
      if (!late) {
        subscription = made;
        refused = false;
        closed =
            droppingSince == null ? null : overflowSince(droppingSince, context.clock().now(), 0);
      }
    } finally {
      lock.unlock();
    }
    tell(closed);
    if (late) {
      end(made);
    }
  }

  /** Whether an overflow has ended it and nobody has stopped it since. */
  boolean reopens() {
    lock.lock();
    try {
      return refused && !stopped;
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    return desk.waiting();
  }

  int running() {
    return desk.running();
  }

  private void heard(Ear by, Arrival event) {
    if (!by.equals(ear)) {
      return;
    }
    counts.received();
    Desk.Fate fate = desk.offer(event);
    if (fate == Desk.Fate.TAKEN) {
      return;
    }
    boolean refuses = fate == Desk.Fate.REFUSED;
    Gap overflow;
    lock.lock();
    try {
      overflow = drop();
      if (refuses) {
        refused = true;
        ear = null;
      }
    } finally {
      lock.unlock();
    }
    tell(overflow);
    if (refuses) {
      overrun.accept(this);
    } else {
      caughtUp(); // perhaps just now, and nobody comes after that
    }
  }

  /** Under the lock. Where events are dropped all the time: the gap so far. */
  private @Nullable Gap drop() {
    Instant now = context.clock().now();
    Gap soFar = null;
    if (droppingSince != null && droppingSince.plus(REPORT).isBefore(now)) {
      soFar = overflowSince(droppingSince, now, dropped);
    }
    droppingSince = droppingSince == null ? now : droppingSince;
    dropped++;
    counts.dropped();
    return soFar;
  }

  private void tell(@Nullable Gap gap) {
    if (gap != null) {
      counts.gap();
      gaps.tell(gap);
    }
  }

  @Override
  public long now() {
    return context.clock().nanoTime();
  }

  @Override
  public long handle(Arrival event, long begun) {
    long ended;
    try {
      handler.handle(
          new EntryMessage(
              event.channel,
              Position.UNKNOWN,
              event.entry,
              context.codec(),
              context.maxMessageBytes()));
      ended = context.clock().nanoTime();
      counts.handled(ended - begun);
    } catch (Throwable thrown) {
      ended = context.clock().nanoTime();
      counts.failed(ended - begun);
      errors.accept(thrown);
      LOG.warn("{}: the handler of an event on {} failed", name, event.channel, thrown);
    }
    // An interrupt was meant for this handler, or is the handler's own; the next has no part in it.
    Thread.interrupted();
    caughtUp();
    return ended;
  }

  /** Where events were dropped and none waits any more: tells of that. */
  private void caughtUp() {
    if (droppingSince == null || desk.waiting() > 0) {
      return;
    }
    Gap overflow = null;
    lock.lock();
    try {
      if (droppingSince != null && !refused) {
        overflow = overflowSince(droppingSince, context.clock().now(), dropped);
      }
    } finally {
      lock.unlock();
    }
    tell(overflow);
  }

  /** Under the lock: the time of dropping is over. */
  private Gap overflowSince(Instant from, Instant to, long missed) {
    var gap = new Gap(config.channel().text(), from, to, Gap.Reason.OVERFLOW, missed);
    droppingSince = null;
    dropped = 0;
    counts.keepsUp();
    return gap;
  }

  /** Hears nothing more; what waits is still handled. Idempotent. */
  void unsubscribe() {
    AutoCloseable made;
    lock.lock();
    try {
      ear = null;
      made = subscription;
      subscription = null;
    } finally {
      lock.unlock();
    }
    if (made != null) {
      end(made);
    }
  }

  private void end(AutoCloseable made) {
    try {
      made.close();
    } catch (Exception failed) {
      LOG.warn("{}: could not unsubscribe", name, failed);
      errors.accept(failed);
    }
  }

  /**
   * Hears nothing more, lets what is there be handled up to the deadline, and cuts the rest off.
   */
  DrainReport stop(Duration deadline) {
    long begun = context.clock().nanoTime();
    unsubscribe();
    long done = -desk.finished();
    desk.awaitIdle(deadline);
    done += desk.finished();
    int left = desk.shut();
    int cut = desk.cut();
    Gap overflow;
    lock.lock();
    try {
      stopped = true;
      overflow =
          droppingSince == null
              ? null
              : overflowSince(droppingSince, context.clock().now(), refused ? 0 : dropped);
    } finally {
      lock.unlock();
    }
    tell(overflow);
    if (left > 0) {
      LOG.warn("{}: {} events were not handled when it was stopped", name, left);
    }
    Duration took = Duration.ofNanos(context.clock().nanoTime() - begun);
    return new DrainReport(done, 0, (long) cut + left, took, List.of());
  }
}
