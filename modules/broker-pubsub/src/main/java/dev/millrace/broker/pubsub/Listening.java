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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stretch of a subscription from its start to its stop: a buffer, and threads that handle. A
 * thread whose handler was quick takes the next event itself, for starting one costs more than many
 * a handler. A stretch that an overflow has ended may be opened again: what waited then is still
 * before what comes.
 */
final class Listening {
  private static final Logger LOG = LoggerFactory.getLogger(Listening.class);

  private static final int MOST_IN_A_ROW = 128;
  private static final long ONE_THREAD_NANOS = 1_000_000;

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

  /** Guards everything below; not held while handlers run or the backend is called. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition idle = lock.newCondition();
  private final Waiting waiting;
  private final Set<Thread> threads = new HashSet<>();

  /** Who hears now; null: nobody. */
  private @Nullable Ear ear;

  private @Nullable AutoCloseable subscription;
  private @Nullable Instant droppingSince;
  private long dropped;
  private long finished;

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
      lock.lock();
      try {
        if (!equals(ear)) {
          return;
        }
      } finally {
        lock.unlock();
      }
      tell(new Gap(config.channel().text(), from, to, Gap.Reason.DISCONNECTED, 0));
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
    this.waiting =
        new Waiting(config.concurrency(), config.inOrder(), config.buffer(), config.overflow());
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
        closed = droppingSince == null ? null : overflowSince(droppingSince, context.clock().now(), 0);
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
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  int running() {
    lock.lock();
    try {
      return waiting.running();
    } finally {
      lock.unlock();
    }
  }

  private void heard(Ear by, Arrival event) {
    Waiting.Offer offer;
    Gap overflow = null;
    lock.lock();
    try {
      if (!by.equals(ear)) {
        return;
      }
      counts.received();
      offer = waiting.offer(event);
      if (offer.start() != null) {
        start(offer.start());
      } else if (offer.dropped() != null || offer.refused()) {
        overflow = drop();
        if (offer.refused()) {
          refused = true;
          ear = null;
        }
      }
    } finally {
      lock.unlock();
    }
    tell(overflow);
    if (offer.refused()) {
      overrun.accept(this);
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

  /** Under the lock, so that a thread is known before it can end. */
  private void start(Arrival event) {
    Thread thread = Thread.ofVirtual().name("millrace-event-" + name).unstarted(() -> run(event));
    threads.add(thread);
    thread.start();
  }

  private void run(Arrival first) {
    long begun = context.clock().nanoTime();
    long now = begun;
    int left = MOST_IN_A_ROW;
    for (Arrival event = first; event != null; left--) {
      long ended = handle(event, now);
      event = ended(event, left > 1 && ended - begun < ONE_THREAD_NANOS);
      now = ended;
    }
  }

  /** When it was done. */
  private long handle(Arrival event, long begun) {
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
    return ended;
  }

  /** The next event for this thread, if it may go on and there is one. */
  private @Nullable Arrival ended(Arrival event, boolean mayGoOn) {
    Gap overflow = null;
    Arrival mine = null;
    lock.lock();
    try {
      finished++;
      Arrival next = waiting.ended(event);
      if (mayGoOn) {
        mine = next;
      } else if (next != null) {
        start(next);
      }
      if (mine == null) {
        threads.remove(Thread.currentThread());
      }
      if (waiting.size() == 0 && droppingSince != null && !refused) {
        overflow = overflowSince(droppingSince, context.clock().now(), dropped);
      }
      if (waiting.running() == 0) {
        idle.signalAll();
      }
    } finally {
      lock.unlock();
    }
    tell(overflow);
    return mine;
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
    List<Thread> cut;
    long done;
    int left;
    Gap overflow;
    lock.lock();
    try {
      done = -finished;
      awaitIdle(deadline);
      done += finished;
      stopped = true;
      cut = new ArrayList<>(threads);
      left = waiting.clear();
      overflow = droppingSince == null
 ? null
 : overflowSince(droppingSince, context.clock().now(), refused ? 0 : dropped);
    } finally {
      lock.unlock();
    }
    tell(overflow);
    cut.forEach(Thread::interrupt);
    if (left > 0) {
      LOG.warn("{}: {} events were not handled when it was stopped", name, left);
    }
    Duration took = Duration.ofNanos(context.clock().nanoTime() - begun);
    return new DrainReport(done, 0, (long) cut.size() + left, took, List.of());
  }

  /**
   * Under the lock. A handler that stops its own subscription waits for itself, to the deadline.
   */
  private void awaitIdle(Duration deadline) {
    long left = deadline.toNanos();
    try {
      while (left > 0 && waiting.running() > 0) {
        left = idle.awaitNanos(left);
      }
    } catch (InterruptedException hurried) {
      // Whoever stops wants to get on: as if the deadline were over.
      Thread.currentThread().interrupt();
    }
  }
}
