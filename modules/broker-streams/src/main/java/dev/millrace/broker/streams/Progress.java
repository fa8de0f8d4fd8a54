package dev.millrace.broker.streams;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.streams.ConsumerCounts.What;
import java.time.Duration;
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

    /** Whether a message that came now would wait for a slot. */
    boolean busy();

    /** How many messages have ended without their settlement being answered for so long. */
    long unsettled(Duration longerThan);

    /** Puts another reader in the place of the silent one. May block. */
    void readAnew();

    /** Gives up what is no longer used. */
    void tidy();
  }

  private final String name;
  private final GroupRef group;
  private final Duration stallAfter;
  private final Duration period;
  private final StreamsContext context;
  private final ConsumerCounts counts;
  private final Watched watched;

  // Written once a delivery, which is cheap; read by the clock.
  private volatile long lastDelivery;
  private volatile boolean stopped;
  private volatile boolean stalled;
  private volatile boolean failing;
  private volatile ComponentHealth health = ComponentHealth.green();
  private volatile BrokerClock.@Nullable Cancellable timer;
  // Since when every look has found messages and none has come; only for the looks.
  private volatile long waitingSince = NEVER;

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
    Duration third = config.lease().dividedBy(3);
    this.period =
        third.compareTo(SHORTEST) < 0 ? SHORTEST : third.compareTo(LONGEST) > 0 ? LONGEST : third;
    this.context = context;
    this.counts = counts;
    this.watched = watched;
    this.lastDelivery = context.clock().nanoTime();
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
    context
        .backend()
        .log()
        .describe(group.stream())
        .whenComplete(
            (state, error) -> {
              if (error != null) {
                calm();
                health = ComponentHealth.yellow("the backend does not answer: " + error);
              } else {
                judge(state);
              }
            });
  }

  private void calm() {
    waitingSince = NEVER;
    if (!stalled) {
      health =
          failing
              ? ComponentHealth.yellow("it cannot read, and tries on")
              : ComponentHealth.green();
    }
  }

  private void judge(StreamState state) {
    if (!waits(state)) {
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
    if (silent.compareTo(stallAfter) < 0) {
      calm();
      waitingSince = since;
    } else if (watched.busy()) {
      health =
          ComponentHealth.yellow(
              "its handlers have been busy for " + silent + " while messages wait");
    } else {
      stall(silent);
      waitingSince = now;
    }
  }

  private boolean waits(StreamState state) {
    for (StreamState.Group each : state.groups()) {
      if (each.name().equals(group.group())) {
        return each.lag().isPresent()
            ? each.lag().getAsLong() > 0
            : state.last().isPresent() && !state.last().get().equals(each.lastDelivered());
      }
    }
    return state.length() > 0;
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
