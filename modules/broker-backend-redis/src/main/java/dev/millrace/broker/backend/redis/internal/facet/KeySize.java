package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a key is and how much it holds.
 *
 * @param type as Redis calls it; {@code none}: it is not there
 * @param entries how many things it holds
 */
record KeySize(String type, long entries) {
  static CompletionStage<KeySize> of(RedisConnections connections, String key) {
    var commands = connections.shared();
    return Absent.or(
        new KeySize("none", 0),
        commands
            .type(key)
            .thenCompose(
                type ->
                    (switch (type) {
                          case "stream" -> commands.xlen(key);
                          case "hash" -> commands.hlen(key);
                          case "zset" -> commands.zcard(key);
                          case "none" -> CompletableFuture.completedStage(0L);
                          default -> CompletableFuture.completedStage(1L);
                        })
                        .thenApply(entries -> new KeySize(type, entries))));
  }
}
