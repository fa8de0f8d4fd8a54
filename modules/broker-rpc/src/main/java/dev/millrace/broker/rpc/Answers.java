package dev.millrace.broker.rpc;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Settles requests. Blocks; for virtual threads. */
record Answers(GroupReader reader, BrokerClock clock, Duration lease) {
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;

  /**
   * Settles; what had no answer or was refused is tried again while the lease lasts. What is stale
   * after no answer came was settled by that.
   */
  Settled settle(Settlement settlement) {
    long until = clock.nanoTime() + lease.toNanos();
    long pause = FIRST_PAUSE_MILLIS;
    boolean perhaps = false;
    while (true) {
      Settled how = once(settlement);
      if (how == Settled.STALE && perhaps) {
        return Settled.DONE;
      }
      perhaps |= how == Settled.UNKNOWN;
      if (how == Settled.DONE || how == Settled.STALE || clock.nanoTime() >= until) {
        return how;
      }
      pause(pause);
      pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
    }
  }

  private Settled once(Settlement settlement) {
    var told = new CompletableFuture<Settled>();
    reader.settle(settlement, told::complete);
    return told.join();
  }

  private void pause(long millis) {
    var over = new CompletableFuture<Boolean>();
    clock.schedule(Duration.ofMillis(millis), () -> over.complete(true));
    over.join();
  }
}
