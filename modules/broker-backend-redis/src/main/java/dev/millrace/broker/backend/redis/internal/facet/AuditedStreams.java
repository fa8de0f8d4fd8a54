package dev.millrace.broker.backend.redis.internal.facet;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.KeyScanArgs;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanCursor;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds the streams that are audited by the keys of their audits. There is no list of them: one
 * that was lost would hide that they were.
 */
final class AuditedStreams {
  private static final KeyScanArgs ARGS =
      KeyScanArgs.Builder.matches(Keys.ALL_AUDITS).type("hash").limit(1_000);

  private final RedisConnections connections;

  AuditedStreams(RedisConnections connections) {
    this.connections = connections;
  }

  /** By name. */
  CompletionStage<List<String>> all() {
    return from(ScanCursor.INITIAL, new TreeSet<>()).thenApply(List::copyOf);
  }

  private CompletionStage<Set<String>> from(ScanCursor cursor, Set<String> found) {
    CompletionStage<KeyScanCursor<String>> page = connections.shared().scan(cursor, ARGS);
    return page.thenCompose(
        next ->
            names(next.getKeys())
                .thenCompose(
                    names -> {
                      found.addAll(names);
                      return next.isFinished()
                          ? CompletableFuture.completedStage(found)
                          : from(next, found);
                    }));
  }

  private CompletionStage<List<String>> names(List<String> keys) {
    List<CompletableFuture<byte[]>> values =
        keys.stream()
            .map(key -> connections.shared().hget(key, "stream").toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(values.toArray(CompletableFuture[]::new))
        .thenApply(
            done ->
                values.stream()
                    .map(CompletableFuture::join)
                    .filter(Objects::nonNull)
                    .map(name -> new String(name, UTF_8))
                    .toList());
  }
}
