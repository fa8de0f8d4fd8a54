package dev.millrace.broker.rpc;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ServerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The backend's clock, as far as it is known here: asked now and then, and carried on with the
 * local monotonic clock. Where the backend has none, the local one. Thread-safe.
 */
final class ServerTime {
  private final BrokerClock clock;
  private final Optional<ServerClock> server;
  private volatile Seen seen;

  private record Seen(Instant then, long at) {}

  ServerTime(BrokerClock clock, Optional<ServerClock> server) {
    this.clock = clock;
    this.server = server;
    this.seen = new Seen(clock.now(), clock.nanoTime());
  }

  /** Asks again. */
  CompletionStage<Void> ask() {
    if (server.isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    long asked = clock.nanoTime();
    return server
        .get()
        .now()
        .thenAccept(
            now -> {
              long answered = clock.nanoTime();
              seen = new Seen(now, asked + (answered - asked) / 2);
            });
  }

  long millis() {
    Seen last = seen;
    return last.then().plus(Duration.ofNanos(clock.nanoTime() - last.at())).toEpochMilli();
  }
}
