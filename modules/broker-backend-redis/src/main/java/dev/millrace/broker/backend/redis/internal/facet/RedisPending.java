package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.Range.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** Lists what is pending by XPENDING. */
public final class RedisPending implements Pending {
  private final RedisConnections connections;

  /** On these connections. */
  public RedisPending(RedisConnections connections) {
    this.connections = connections;
  }

  /** What came back from parking follows behind the entries of the stream itself. */
  @Override
  public CompletionStage<List<Info>> list(GroupRef group, Optional<Position> after, int max) {
    Optional<String> id = after.map(Position::value);
    boolean inRetry = id.isPresent() && id.get().startsWith(Keys.RETRY_POSITION);
    CompletionStage<List<Info>> found =
        inRetry
            ? back(group, id.map(value -> value.substring(Keys.RETRY_POSITION.length())), max)
            : page(group.stream(), group.group(), "", id, max)
                .thenCompose(
                    first ->
                        first.size() >= max
                            ? CompletableFuture.completedStage(first)
                            : back(group, Optional.empty(), max - first.size())
                                .thenApply(
                                    rest -> Stream.concat(first.stream(), rest.stream()).toList()));
    return RedisErrors.typed("list pending", group.toString(), found);
  }

  private CompletionStage<List<Info>> back(GroupRef group, Optional<String> after, int max) {
    String retry = Keys.retry(group.stream(), group.group());
    return page(retry, group.group(), Keys.RETRY_POSITION, after, max)
        .exceptionallyCompose(
            error ->
                RedisErrors.codeOf(error).equals("NOGROUP")
                    ? CompletableFuture.completedStage(List.of())
                    : CompletableFuture.failedStage(error));
  }

  private CompletionStage<List<Info>> page(
      String stream, String group, String prefix, Optional<String> after, int max) {
    Boundary<String> from = after.map(Boundary::excluding).orElse(Boundary.unbounded());
    return connections
        .shared()
        .xpending(stream, group, Range.from(from, Boundary.unbounded()), Limit.from(max))
        .thenApply(
            messages ->
                messages.stream()
                    .map(
                        message ->
                            new Info(
                                new Position(prefix + message.getId()),
                                message.getConsumer(),
                                Duration.ofMillis(message.getMsSinceLastDelivery()),
                                message.getRedeliveryCount()))
                    .toList());
  }
}
