package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long the backlog of one stream is, as far as this process needs to know: looked at every
 * {@value #LOOK_MILLIS} ms at most and only while somebody sends. Nobody waits for a look. A
 * backlog is that of the group furthest behind: pending or unread, not parked. Each look takes its
 * limit along, which may be changed at run time. Thread-safe.
 */
final class Backlog {
  static final long LOOK_MILLIS = 250;

  private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);
  private static final long LOOK_NANOS = Duration.ofMillis(LOOK_MILLIS).toNanos();

  /** From this share of the limit on the backend checks. */
  private static final double NEAR = 0.8;

  private final StreamLog log;
  private final String stream;
  private final StoredLimit limit;
  private final BrokerClock clock;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final AtomicLong sent = new AtomicLong();
  private volatile @Nullable Look last;
  private volatile long askedAt;
  private volatile boolean asked;
  private volatile boolean refused;

  /**
   * What was seen.
   *
   * @param at when, on the monotonic clock
   * @param messages the backlog
   * @param known whether the backend could tell
   * @param sent what had been sent from here when the look began
   * @param growth by how much it had grown since the look before, a nanosecond
   */
  private record Look(long at, long messages, boolean known, long sent, double growth) {}

  Backlog(StreamLog log, String stream, long limit, BrokerClock clock) {
    this.log = log;
    this.stream = stream;
    this.limit = new StoredLimit(stream, limit);
    this.clock = clock;
  }

  /** The limit it is held against: as it was stored with the stream at the last look, if it was. */
  long limit() {
    return limit.get();
  }

  /** As {@link #limit()}, for those who ask while nobody sends. Begins a look where one is due. */
  long latestLimit() {
    lookIfDue(clock.nanoTime());
    return limit.get();
  }

  /** The stream's settings as somebody else has just stored them. */
  void changed(Map<String, String> settings) {
    limit.read(settings);
  }

  /** The stream as somebody else has just seen it. */
  void seen(StreamState state) {
    asked = true;
    askedAt = clock.nanoTime();
    last = look(state, sent.get());
  }

  /** So many more entries are on their way. */
  void sending(int entries) {
    sent.addAndGet(entries);
  }

  /** An append was refused or went elsewhere for the backlog's sake, or was not. */
  void answered(boolean wasFull) {
    if (refused != wasFull) {
      refused = wasFull;
    }
  }

  /**
   * Whether the limit may be reached before the next look, or nothing is known: then the backend
   * has to check it. Begins a look where one is due.
   */
  boolean near() {
    long now = clock.nanoTime();
    lookIfDue(now);
    Look seen = last;
    if (refused || seen == null || !seen.known) {
      return true;
    }
    double grown = seen.growth * (now - seen.at + 2 * LOOK_NANOS);
    double ahead = Math.max((double) (sent.get() - seen.sent), grown);
    return seen.messages + ahead >= limit.get() * NEAR;
  }

  /** Whether the last look saw it at its limit. Begins a look where one is due. */
  boolean full() {
    lookIfDue(clock.nanoTime());
    Look seen = last;
    return seen != null && seen.known && seen.messages >= limit.get();
  }

  /** The backlog when it was last seen; 0: not seen yet. */
  long seen() {
    Look seen = last;
    return seen == null ? 0 : seen.messages;
  }

  private void lookIfDue(long now) {
    if ((!asked || now - askedAt >= LOOK_NANOS) && looking.compareAndSet(false, true)) {
      asked = true;
      askedAt = now;
      long before = sent.get();
      var unused = describe().whenComplete((state, error) -> looked(state, error, before));
    }
  }

  private CompletionStage<StreamState> describe() {
    try {
      return log.describe(stream);
    } catch (RuntimeException refusal) {
      return CompletableFuture.failedFuture(refusal);
    }
  }

  private void looked(@Nullable StreamState state, @Nullable Throwable error, long before) {
    if (state == null) {
      // What is not known lets the backend check each append, so nothing is lost but speed.
      LOG.debug("stream {}: could not look at its backlog: {}", stream, String.valueOf(error));
    } else {
      last = look(state, before);
    }
    looking.set(false);
  }

  private Look look(StreamState state, long before) {
    limit.read(state.settings());
    long messages = 0;
    boolean known = true;
    for (StreamState.Group group : state.groups()) {
      known &= group.lag().isPresent();
      messages = Math.max(messages, group.pending() + group.lag().orElse(0));
    }
    long now = clock.nanoTime();
    Look previous = last;
    double growth =
        previous == null || now <= previous.at
            ? 0
            : Math.max(0, (double) (messages - previous.messages) / (now - previous.at));
    return new Look(now, messages, known, before, growth);
  }
}
