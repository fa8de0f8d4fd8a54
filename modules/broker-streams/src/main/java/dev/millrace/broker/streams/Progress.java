package dev.millrace.broker.streams;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches that a consumer gets on. It looks a few times a minute: if the stream has had messages
 * for the group all the while, slots are free and none has come, the reader is replaced and the
 * consumer is red until one comes. A settlement without an answer for as long makes it red too.
 */
final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final long NEVER = Long.MIN_VALUE;

  /** What it watches and may do. */
  interface Watched {
    /** Whether messages are wanted now. */
    boolean reading();

    /** Why a message that came now would wait; empty: it would not. */
    Optional<String> busy();

    /** How many messages have ended without their settlement being answered for so long. */
    long unsettled(Duration longerThan);

    /** What the backend does not take, which waits and stops nothing else; empty: nothing. */
    Optional<String> refused();

    /** The stream as it was just seen. */
    void seen(StreamState state);

    /** Puts another reader in the place of the silent one. May block. */
    void readAnew();

    /** Gives up what is no longer used. */
    void tidy();
  }

  private final String name;
  private final GroupRef group;
  private final Duration stallAfter;
  private final Duration period;
  private final long askAfter;
  private final StreamsContext context;
  private final ConsumerCounts counts;
  private final Watched watched;
  private final Optional<History> history;

  // Written once a delivery, which is cheap; read by the clock.
  private volatile long lastDelivery;
  private volatile boolean stopped;
  private volatile boolean stalled;
  private volatile boolean failing;
  private volatile ComponentHealth health = ComponentHealth.green();
  private volatile BrokerClock.@Nullable Cancellable timer;
  // Since when every look has found messages and none has come; only for the looks.
  private volatile long waitingSince = NEVER;
  private volatile long askedAt;

  Progress(
      String name,
      GroupRef group,
      ConsumerConfig config,
      StreamsContext context,
      ConsumerCounts counts,
      Watched watched) {
    this.name = name;
    this.group = group;
    this.stallAfter = config.stallAfter();
    // A question to the backend each time; a consumer that moves asks none.
    this.askAfter = stallAfter.toNanos() / 3;
    Duration third = config.lease().dividedBy(3);
    this.period =
        third.compareTo(SHORTEST) < 0 ? SHORTEST : third.compareTo(LONGEST) > 0 ? LONGEST : third;
    this.context = context;
    this.counts = counts;
    this.watched = watched;
    this.history = context.backend().facet(History.class);
    this.lastDelivery = context.clock().nanoTime();
    this.askedAt = lastDelivery;
  }

  void start() {
    if (!stopped) {
      timer = context.clock().schedule(period, this::look);
    }
  }

  void stop() {
    stopped = true;
    BrokerClock.Cancellable pending = timer;
    if (pending != null) {
      pending.cancel();
    }
  }

  ComponentHealth health() {
    return health;
  }

  /** Something came. */
  void delivered(long now) {
    lastDelivery = now;
    if (stalled) {
      stalled = false;
      health = ComponentHealth.green();
      LOG.info("consumer {}: messages of '{}' come again", name, group.stream());
    }
  }

  /** The reader cannot read now, and tries; or can again. */
  void failing(boolean now) {
    failing = now;
  }

  private void look() {
    start();
    watched.tidy();
    if (!watched.reading()) {
      calm();
      return;
    }
    long stuck = watched.unsettled(stallAfter);
    if (stuck > 0) {
      health =
          ComponentHealth.red(
              stuck + " settlements have had no answer for more than " + stallAfter);
      return;
    }
    long now = context.clock().nanoTime();
    if (now - lastDelivery < askAfter) {
      calm();
      return;
    }
    if (now - askedAt < askAfter) {
      return;
    }
    askedAt = now;
    context
        .backend()
        .log()
        .describe(group.stream())
        .whenComplete(
            (state, error) -> {
              if (error != null) {
                unanswered(error);
              } else {
                lookBehind(state);
              }
            });
  }

  /** Where the group's lag is unknown, the entries themselves tell whether one waits. */
  private void lookBehind(StreamState state) {
    watched.seen(state);
    Optional<StreamState.Group> mine =
        state.groups().stream().filter(each -> each.name().equals(group.group())).findFirst();
    if (mine.isEmpty()) {
      judge(state.length() > 0);
      return;
    }
    OptionalLong lag = mine.get().lag();
    if (lag.isPresent()) {
      judge(lag.getAsLong() > 0);
      return;
    }
    Position read = mine.get().lastDelivered();
    boolean moved = state.last().isPresent() && !state.last().get().equals(read);
    if (!moved || history.isEmpty()) {
      judge(moved);
      return;
    }
    // Different is not newer: the newest entries may have been deleted.
    history
        .get()
        .scan(group.stream(), Optional.of(read), 1)
        .whenComplete(
            (behind, error) -> {
              if (error != null) {
                unanswered(error);
              } else {
                judge(!behind.isEmpty());
              }
            });
  }

  private void unanswered(Throwable error) {
    calm();
    health = ComponentHealth.yellow("the backend does not answer: " + error);
  }

  private void calm() {
    waitingSince = NEVER;
    if (!stalled) {
      health =
          failing
              ? ComponentHealth.yellow("it cannot read, and tries on")
              : watched.refused().map(ComponentHealth::yellow).orElseGet(ComponentHealth::green);
    }
  }

  private void judge(boolean waits) {
    if (!waits) {
      stalled = false;
      calm();
      return;
    }
    long now = context.clock().nanoTime();
    long since = waitingSince;
    if (since == NEVER || lastDelivery - since > 0) {
      calm();
      waitingSince = now;
      return;
    }
    Duration silent = Duration.ofNanos(now - since);
    Optional<String> busy = watched.busy();
    if (silent.compareTo(stallAfter) < 0) {
      calm();
      waitingSince = since;
    } else if (busy.isPresent()) {
      health = ComponentHealth.yellow(busy.get() + " for " + silent + " while messages wait");
    } else {
      stall(silent);
      waitingSince = now;
    }
  }

  private void stall(Duration silent) {
    if (!stalled) {
      stalled = true;
      LOG.error(
          "consumer {}: '{}' has had messages for {} and none came; it reads anew",
          name,
          group.stream(),
          silent);
    }
    health =
        ComponentHealth.red("'" + group.stream() + "' has messages and none came for " + silent);
    counts.add(What.STALLED);
    // The clock's thread must not wait for a backend.
    Thread.ofVirtual().name("millrace-" + name + "-reopen").start(this::readAnew);
  }

  private void readAnew() {
    try {
      watched.readAnew();
    } catch (RuntimeException failed) {
      LOG.warn("consumer {}: could not read anew, tries again: {}", name, failed.getMessage());
    }
  }
}
