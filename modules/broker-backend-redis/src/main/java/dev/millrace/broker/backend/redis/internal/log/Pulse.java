package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.BrokerClock;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.time.Instant;

/**
 * Tells since when a connection of subscriptions may have missed something: since the last ping
 * that was answered had been sent. Answers come behind the events, so all before it were heard.
 * Pings go every second while events come, or somebody waits, and else every ten; a link that is
 * half open is noticed by them. Thread-safe.
 */
final class Pulse {
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final int IDLE_TICKS = 10;

  private final StatefulRedisPubSubConnection<String, byte[]> connection;
  private final BrokerClock clock;

  /** At each answer; says whether the next ping is wanted soon. */
  private final Runnable answered;

  private volatile Instant lastGood;
  private volatile boolean hurried;
  private volatile boolean stopped;
  private volatile boolean underWay;
  private int idle;

  Pulse(
      StatefulRedisPubSubConnection<String, byte[]> connection,
      BrokerClock clock,
      Runnable answered) {
    this.connection = connection;
    this.clock = clock;
    this.answered = answered;
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

  /** The next tick pings. */
  void soon() {
    if (!hurried) {
      hurried = true;
    }
  }

  private void tick() {
    if (stopped) {
      return;
    }
    if (!underWay && (hurried || ++idle >= IDLE_TICKS)) {
      ping();
    }
    clock.schedule(TICK, this::tick);
  }

  private void ping() {
    idle = 0;
    hurried = false;
    underWay = true;
    Instant sent = clock.now();
    var unused =
        connection
            .async()
            .ping()
            .whenComplete(
                (pong, error) -> {
                  underWay = false;
                  if (error == null) {
                    lastGood = sent;
                    answered.run();
                  }
                });
  }
}
