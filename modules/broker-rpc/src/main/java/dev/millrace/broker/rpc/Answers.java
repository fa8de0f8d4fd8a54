package dev.millrace.broker.rpc;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;

/**
 * Settles one request, and tries again what had no answer or was refused, while the lease lasts.
 * Never blocks: no thread has to stay for the answer of the backend.
 */
final class Answers {
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;

  private final GroupReader reader;
  private final BrokerClock clock;
  private final Settlement settlement;
  private final End end;
  private final long until;

  // Of one attempt at a time: the next begins when the one before has been told of.
  private long pauseMillis = FIRST_PAUSE_MILLIS;
  private boolean perhaps;

  /** Hears once what became of it, on a thread that must not be blocked. */
  interface End {
    /** The last word. */
    void settled(Settled how);

    /** It could not even be tried. */
    void failed(Throwable fault);
  }

  private Answers(
      GroupReader reader, BrokerClock clock, Duration lease, Settlement settlement, End end) {
    this.reader = reader;
    this.clock = clock;
    this.settlement = settlement;
    this.end = end;
    this.until = clock.nanoTime() + lease.toNanos();
  }

  /** Settles; what is stale after no answer came was settled by that. */
  static void settle(
      GroupReader reader, BrokerClock clock, Duration lease, Settlement settlement, End end) {
    new Answers(reader, clock, lease, settlement, end).attempt();
  }

  private void attempt() {
    try {
      reader.settle(settlement, this::told);
    } catch (Throwable fault) {
      end.failed(fault);
    }
  }

  private void told(Settled how) {
    if (how == Settled.STALE && perhaps) {
      end.settled(Settled.DONE);
      return;
    }
    perhaps |= how == Settled.UNKNOWN;
    if (how == Settled.DONE || how == Settled.STALE || clock.nanoTime() >= until) {
      end.settled(how);
      return;
    }
    Duration pause = Duration.ofMillis(pauseMillis);
    pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, pauseMillis * 2);
    try {
      clock.schedule(pause, this::attempt);
    } catch (Throwable fault) {
      // Nobody else would ever say that it is over.
      end.failed(fault);
    }
  }
}
