package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.Range.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Lists what is pending by XPENDING. */
public final class RedisPending implements Pending {
  private final RedisConnections connections;

  /** On these connections. */
  public RedisPending(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<List<Info>> list(GroupRef group, Optional<Position> after, int max) {
    Boundary<String> from =
        after.map(position -> Boundary.excluding(position.value())).orElse(Boundary.unbounded());
    CompletionStage<List<Info>> found =
        connections
            .shared()
            .xpending(
                group.stream(),
                group.group(),
                Range.from(from, Boundary.unbounded()),
                Limit.from(max))
            .thenApply(
                messages ->
                    messages.stream()
                        .map(
                            message ->
                                new Info(
                                    new Position(message.getId()),
                                    message.getConsumer(),
                                    Duration.ofMillis(message.getMsSinceLastDelivery()),
                                    message.getRedeliveryCount()))
                        .toList());
    return RedisErrors.typed("list pending", group.toString(), found);
  }
}
