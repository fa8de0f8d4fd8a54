package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** The time by TIME. */
public final class RedisServerClock implements ServerClock {
  private final RedisConnections connections;

  /** On these connections. */
  public RedisServerClock(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<Instant> now() {
    return RedisErrors.typed(
        "read the server's clock",
        connections.name(),
        connections
            .shared()
            .time()
            .thenApply(
                parts ->
                    Instant.ofEpochSecond(
                        Long.parseLong(Args.text(parts.get(0))),
                        Long.parseLong(Args.text(parts.get(1))) * 1_000)));
  }
}
