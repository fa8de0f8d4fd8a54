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

/** One stretch of a subscription from its start to its stop: a buffer, and threads that handle. */
final class Listening implements EventSink {
  private static final Logger LOG = LoggerFactory.getLogger(Listening.class);

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
  private @Nullable AutoCloseable subscription;
  private @Nullable Instant droppingSince;
  private long dropped;
  private long finished;
  private boolean deaf;

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

  /** The backend has subscribed; at once undone if it was too late. */
  void subscribed(AutoCloseable made) {
    boolean late;
    lock.lock();
    try {
      late = deaf;
      subscription = late ? null : made;
    } finally {
      lock.unlock();
    }
    if (late) {
      end(made);
    }
  }

  /** The backend did not subscribe, or not in time: what comes all the same is not heard. */
  void abandon() {
    unsubscribe();
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

  @Override
  public void event(String channel, Entry entry) {
    Waiting.Offer offer;
    lock.lock();
    try {
      if (deaf) {
        return;
      }
      counts.received();
      offer = waiting.offer(new Arrival(channel, entry));
      if (offer.dropped() != null) {
        droppingSince = droppingSince == null ? context.clock().now() : droppingSince;
        dropped++;
        counts.dropped();
      }
      deaf = offer.refused();
      if (offer.start() != null) {
        start(offer.start());
      }
    } finally {
      lock.unlock();
    }
    if (offer.refused()) {
      counts.dropped();
      overrun.accept(this);
    }
  }

  @Override
  public void gap(Instant from, Instant to) {
    counts.gap();
    gaps.tell(new Gap(config.channel().text(), from, to, Gap.Reason.DISCONNECTED, 0));
  }

  /** Under the lock, so that a thread is known before it can end. */
  private void start(Arrival event) {
    Thread thread = Thread.ofVirtual().name("millrace-event-" + name).unstarted(() -> run(event));
    threads.add(thread);
    thread.start();
  }

  private void run(Arrival event) {
    long begun = context.clock().nanoTime();
    try {
      handler.handle(
          new EntryMessage(
              event.channel,
              Position.UNKNOWN,
              event.entry,
              context.codec(),
              context.maxMessageBytes()));
      counts.handled(context.clock().nanoTime() - begun);
    } catch (Throwable thrown) {
      counts.failed(context.clock().nanoTime() - begun);
      errors.accept(thrown);
      LOG.warn("{}: the handler of an event on {} failed", name, event.channel, thrown);
    } finally {
      ended(event);
    }
  }

  private void ended(Arrival event) {
    Gap overflow = null;
    lock.lock();
    try {
      finished++;
      threads.remove(Thread.currentThread());
      Arrival next = waiting.ended(event);
      if (next != null) {
        start(next);
      }
      if (waiting.size() == 0 && droppingSince != null) {
        overflow = overflowSince(droppingSince);
      }
      if (waiting.running() == 0) {
        idle.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (overflow != null) {
      counts.gap();
      gaps.tell(overflow);
    }
  }

  /** Under the lock: all that waited is under way, so the time of dropping is over. */
  private Gap overflowSince(Instant from) {
    var gap =
        new Gap(config.channel().text(), from, context.clock().now(), Gap.Reason.OVERFLOW, dropped);
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
      deaf = true;
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
      cut = new ArrayList<>(threads);
      left = waiting.clear();
      overflow = droppingSince == null ? null : overflowSince(droppingSince);
    } finally {
      lock.unlock();
    }
    if (overflow != null) {
      counts.gap();
      gaps.tell(overflow);
    }
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
