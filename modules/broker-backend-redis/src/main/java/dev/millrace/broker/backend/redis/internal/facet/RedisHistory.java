package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.backend.redis.internal.log.StreamIds;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.Range.Boundary;
import io.lettuce.core.ScriptOutputType;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads streams by XRANGE and sets groups back by XGROUP SETID. */
public final class RedisHistory implements History {
  private final RedisConnections connections;
  private final Script reset = Scripts.load("reset-group");

  /** On these connections. */
  public RedisHistory(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<List<Recorded>> scan(String stream, Optional<Position> after, int max) {
    Boundary<String> from =
        after.map(position -> Boundary.excluding(position.value())).orElse(Boundary.unbounded());
    return range(stream, Range.from(from, Boundary.unbounded()), max);
  }

  @Override
  public CompletionStage<List<Recorded>> scan(
      String stream, Position after, Position upTo, int max) {
    return range(
        stream,
        Range.from(Boundary.excluding(after.value()), Boundary.including(upTo.value())),
        max);
  }

  private CompletionStage<List<Recorded>> range(String stream, Range<String> range, int max) {
    CompletionStage<List<Recorded>> found =
        connections
            .shared()
            .xrange(stream, range, Limit.from(max))
            .thenApply(
                messages ->
                    messages.stream()
                        .map(
                            message ->
                                new Recorded(
                                    new Position(message.getId()),
                                    EntryWire.read(message.getBody())))
                        .toList());
    return RedisErrors.typed("read history", stream, found);
  }

  @Override
  public CompletionStage<Position> place(String stream, StartPosition start) {
    if (!(start instanceof StartPosition.Latest)) {
      return CompletableFuture.completedStage(new Position(StreamIds.readUpTo(start)));
    }
    CompletionStage<Position> newest =
        connections
            .shared()
            .xrevrange(stream, Range.unbounded(), Limit.from(1))
            .thenApply(found -> new Position(found.isEmpty() ? "0-0" : found.getFirst().getId()));
    return RedisErrors.typed("read history", stream, newest);
  }

  @Override
  public CompletionStage<Void> reset(GroupRef group, StartPosition to) {
    CompletionStage<Object> done =
        Scripts.run(
            connections.shared(),
            reset,
            ScriptOutputType.STATUS,
            keys(group.stream(), group.group()),
            Args.of(group.group()),
            Args.of(StreamIds.readUpTo(to)));
    return RedisErrors.typed("reset group", group.toString(), done.thenAccept(ok -> {}));
  }

  private static String[] keys(String stream, String group) {
    return new String[] {
      stream,
      Keys.floor(stream),
      Keys.fence(stream),
      Keys.notes(stream, group),
      Keys.parked(stream, group),
      Keys.parkedEntries(stream, group),
      Keys.retry(stream, group),
      Keys.retryNotes(stream, group)
    };
  }
}
