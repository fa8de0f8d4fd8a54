package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.ScriptOutputType;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Takes one script's look at each group. What plain acknowledgements did, the stream tells. */
public final class RedisAudit implements Audit {
  private final RedisConnections connections;
  private final StreamLog log;
  private final Script audit = Scripts.load("audit");

  /** On these connections; the log tells which groups there are. */
  public RedisAudit(RedisConnections connections, StreamLog log) {
    this.connections = connections;
    this.log = log;
  }

  @Override
  public CompletionStage<List<AuditSum>> begin(String stream) {
    return all(stream, "begin");
  }

  @Override
  public CompletionStage<Void> end(String stream) {
    return all(stream, "end").thenAccept(sums -> {});
  }

  @Override
  public CompletionStage<List<AuditSum>> take(String stream) {
    return all(stream, "take");
  }

  private CompletionStage<List<AuditSum>> all(String stream, String what) {
    return log.describe(stream)
        .thenCompose(
            state -> {
              List<CompletableFuture<AuditSum>> sums =
                  state.groups().stream()
                      .map(StreamState.Group::name)
                      .sorted(Comparator.naturalOrder())
                      .map(group -> one(stream, group, what).toCompletableFuture())
                      .toList();
              return CompletableFuture.allOf(sums.toArray(CompletableFuture[]::new))
                  .thenApply(done -> sums.stream().map(CompletableFuture::join).toList());
            });
  }

  private CompletionStage<AuditSum> one(String stream, String group, String what) {
    CompletionStage<List<Long>> reply =
        Scripts.run(
            connections.shared(),
            audit,
            ScriptOutputType.MULTI,
            new String[] {
              stream,
              Keys.audit(stream, group),
              Keys.parked(stream, group),
              Keys.retry(stream, group),
              Names.deadLetter(stream, group)
            },
            Args.of(group),
            Args.of(what));
    return RedisErrors.typed(
        "audit",
        stream,
        reply.thenApply(
            n ->
                new AuditSum(
                    group,
                    n.get(0) == 1,
                    n.get(1),
                    n.get(2),
                    n.get(3),
                    n.get(4),
                    n.get(5),
                    n.get(6))));
  }
}
