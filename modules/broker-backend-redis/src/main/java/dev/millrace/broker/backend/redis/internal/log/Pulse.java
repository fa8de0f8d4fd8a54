package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.time.Instant;

/**
 * Tells since when a connection of subscriptions may have missed something: since the last question
 * that was answered had been asked. Answers come behind the events, so all before it were heard.
 * Beats go every second while events come, or somebody waits, and else every ten; a link that is
 * half open is noticed by them. Thread-safe.
 */
final class Pulse {
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final int IDLE_TICKS = 10;

  private final BrokerClock clock;

  /** Asks the server something; what comes back is told to {@link #answered}. */
  private final Runnable beat;

  private volatile Instant lastGood;
  private volatile boolean hurried;
  private volatile boolean stopped;
  private volatile boolean underWay;
  private int idle;

  Pulse(BrokerClock clock, Runnable beat) {
    this.clock = clock;
    this.beat = beat;
    this.lastGood = clock.now();
  }

  void start() {
    clock.schedule(TICK, this::tick);
  }

  void stop() {
    stopped = true;
  }

  Instant lastGood() {
    return lastGood;
  }

  /** The next tick asks. */
  void soon() {
    if (!hurried) {
      hurried = true;
    }
  }

  /** A beat has gone out: none follows before it has ended. */
  void sent() {
    idle = 0;
    hurried = false;
    underWay = true;
  }

  /** What was asked then is answered, by a beat or by anybody. */
  void answered(Instant asked) {
    ended();
    if (asked.isAfter(lastGood)) {
      lastGood = asked;
    }
  }

  /** Nothing asked up to now will be answered any more. */
  void ended() {
    underWay = false;
  }

  private void tick() {
    if (stopped) {
      return;
    }
    if (!underWay && (hurried || ++idle >= IDLE_TICKS)) {
      beat.run();
    }
    clock.schedule(TICK, this::tick);
  }
}
