package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What INFO tells on each server that takes writes. */
final class MasterInfo {
  private MasterInfo() {}

  /** A section of each. */
  static CompletionStage<List<String>> of(RedisConnections connections, String section) {
    return connections
        .masters()
        .thenCompose(
            masters -> {
              List<CompletableFuture<String>> infos =
                  masters.stream()
                      .map(master -> master.info(section).toCompletableFuture())
                      .toList();
              return CompletableFuture.allOf(infos.toArray(CompletableFuture<?>[]::new))
                  .thenApply(done -> infos.stream().map(CompletableFuture::join).toList());
            });
  }
}
