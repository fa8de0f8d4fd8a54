package dev.millrace.broker.backend.redis.internal.connection;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What a server says about its disk. */
final class Persistence {
  private Persistence() {}

  /**
   * Whether the server syncs its append-only file before it answers a write. A cluster is not
   * asked, for its nodes may differ; who may not ask is told nothing, and then it does not.
   */
  static CompletionStage<Boolean> syncsEachWrite(RedisConnections connections) {
    if (connections.cluster()) {
      return CompletableFuture.completedStage(false);
    }
    return connections
        .shared()
        .configGet("append*")
        .handle((settings, error) -> error == null && syncs(settings));
  }

  private static boolean syncs(Map<String, String> settings) {
    return "yes".equals(settings.get("appendonly")) && "always".equals(settings.get("appendfsync"));
  }
}
