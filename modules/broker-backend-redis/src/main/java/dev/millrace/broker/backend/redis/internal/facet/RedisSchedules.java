package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Schedules;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.ScriptOutputType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.concurrent.CompletionStage;

/**
 * Sets of entries that become due: a sorted set of times and a hash of entries. On a cluster a set
 * moves only to streams of its own slot: give it the stream's name.
 */
public final class RedisSchedules implements Schedules {
  private final RedisConnections connections;
  private final Script put = Scripts.load("schedule-put");
  private final Script cancel = Scripts.load("schedule-cancel");
  private final Script moveDue = Scripts.load("schedule-move-due");

  /** On these connections. */
  public RedisSchedules(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<Void> put(String set, String id, Instant due, Entry entry) {
    var args = new ArrayList<byte[]>();
    args.add(Args.of(id));
    args.add(Args.of(due.toEpochMilli()));
    EntryWire.write(
        entry,
        (name, value) -> {
          args.add(Args.of(name));
          args.add(value);
        });
    CompletionStage<Long> done =
        Scripts.run(
            connections.shared(),
            put,
            ScriptOutputType.INTEGER,
            keys(set),
            args.toArray(byte[][]::new));
    return RedisErrors.typed("schedule", set, done.thenAccept(ok -> {}));
  }

  @Override
  public CompletionStage<Boolean> cancel(String set, String id) {
    CompletionStage<Long> done =
        Scripts.run(connections.shared(), cancel, ScriptOutputType.INTEGER, keys(set), Args.of(id));
    return RedisErrors.typed("cancel schedule", set, done.thenApply(count -> count > 0));
  }

  @Override
  public CompletionStage<Integer> moveDue(String set, String stream, int max) {
    String[] keys = keys(set);
    CompletionStage<Long> moved =
        Scripts.run(
            connections.shared(),
            moveDue,
            ScriptOutputType.INTEGER,
            new String[] {keys[0], keys[1], stream},
            Args.of(max));
    return RedisErrors.typed("move what is due", set, moved.thenApply(Long::intValue));
  }

  private static String[] keys(String set) {
    return new String[] {Keys.side(set, "schedule"), Keys.side(set, "schedule-entries")};
  }
}
