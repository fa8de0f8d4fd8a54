package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.backend.redis.internal.log.ReaderFactory;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Moves entries by scripts; on a cluster both streams have to be in one slot. */
public final class RedisMover implements Mover {
  private final RedisConnections connections;
  private final ReaderFactory readers;
  private final Script move = Scripts.load("move");
  private final Script giveBack = Scripts.load("give-back");

  /** On these connections; readers are told of what comes back to them. */
  public RedisMover(RedisConnections connections, ReaderFactory readers) {
    this.connections = connections;
    this.readers = readers;
  }

  @Override
  public CompletionStage<Integer> move(String from, String to, int max) {
    if (from.equals(to)) {
      return itself(from);
    }
    if (max <= 0) {
      return CompletableFuture.completedStage(0);
    }
    CompletionStage<Long> moved =
        Scripts.run(
            connections.shared(),
            move,
            ScriptOutputType.INTEGER,
            new String[] {from, to},
            Args.of(max));
    return RedisErrors.typed("move", from, moved.thenApply(Long::intValue));
  }

  @Override
  public CompletionStage<List<Boolean>> giveBack(
      String from, GroupRef to, List<GivenBack> entries) {
    if (from.equals(to.stream())) {
      return itself(from);
    }
    var args = new ArrayList<byte[]>();
    args.add(Args.of(to.group()));
    for (GivenBack each : entries) {
      Map<String, byte[]> fields = EntryWire.write(each.entry());
      args.add(Args.of(each.position().value()));
      args.add(Args.of(each.deliveries()));
      args.add(Args.of(fields.size()));
      fields.forEach(
          (name, value) -> {
            args.add(Args.of(name));
            args.add(value);
          });
    }
    CompletionStage<List<Long>> done =
        Scripts.run(
            connections.shared(),
            giveBack,
            ScriptOutputType.MULTI,
            new String[] {
              from,
              Keys.retry(to.stream(), to.group()),
              Keys.audit(to.stream(), to.group()),
              Names.deadLetter(to.stream(), to.group())
            },
            args.toArray(byte[][]::new));
    CompletionStage<List<Boolean>> moved =
        done.thenApply(all -> all.stream().map(one -> one == 1).toList());
    return RedisErrors.typed(
        "give back", from, moved.whenComplete((all, error) -> readers.returned(to)));
  }

  private static <T> CompletionStage<T> itself(String stream) {
    return CompletableFuture.failedStage(
        new InvalidConfigException(
            "move", stream, List.of("the stream to move to is the stream itself; name another")));
  }
}
