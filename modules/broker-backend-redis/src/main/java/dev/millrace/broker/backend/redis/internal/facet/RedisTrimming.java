package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Trims by one script, which finds out itself what groups still need. */
public final class RedisTrimming implements Trimming {
  private static final long ANY = -1;

  private final RedisConnections connections;
  private final Script trim = Scripts.load("trim");

  /** On these connections. */
  public RedisTrimming(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<Report> trim(String stream, Limits limits, boolean dryRun) {
    var args = new ArrayList<byte[]>();
    args.add(Args.of(limits.maxLength().orElse(ANY)));
    args.add(Args.of(limits.maxAge().map(Duration::toMillis).orElse(ANY)));
    args.add(Args.of(limits.minCount()));
    args.add(Args.of(limits.minAge().toMillis()));
    args.add(Args.of(limits.unread()));
    args.add(Args.of(Math.max(1, limits.slice())));
    args.add(Args.of(dryRun));
    limits.declaredGroups().forEach(group -> args.add(Args.of(group)));
    CompletionStage<List<Object>> reply =
        Scripts.run(
            connections.shared(),
            trim,
            ScriptOutputType.MULTI,
            new String[] {stream, Keys.floor(stream), Keys.audits(stream)},
            args.toArray(byte[][]::new));
    return RedisErrors.typed("trim stream", stream, reply.thenApply(RedisTrimming::report));
  }

  private static Report report(List<Object> reply) {
    String pinnedBy = Args.text((byte[]) reply.get(3));
    return new Report(
        (Long) reply.get(0),
        (Long) reply.get(1) == 1,
        (Long) reply.get(2),
        pinnedBy.isEmpty() ? Optional.empty() : Optional.of(pinnedBy));
  }
}
