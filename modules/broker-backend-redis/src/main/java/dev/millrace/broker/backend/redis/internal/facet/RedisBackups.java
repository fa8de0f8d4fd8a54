package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.Generations;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Drains backups and seals lines by one script each; on a cluster all is in the stream's slot. */
public final class RedisBackups implements Backups {
  private static final int MOST = 1_000;

  private final RedisConnections connections;
  private final Generations generations;
  private final Script drain = Scripts.load("drain");
  private final Script seal = Scripts.load("seal");

  /** On these connections; generations are those that appends begin. */
  public RedisBackups(RedisConnections connections, Generations generations) {
    this.connections = connections;
    this.generations = generations;
  }

  @Override
  public CompletionStage<Drained> drain(String stream, String backup, int max, long maxBacklog) {
    var faults = new ArrayList<String>();
    if (stream.equals(backup)) {
      faults.add("the backup is the stream itself; name another");
    }
    if (max < 0 || max > MOST) {
      faults.add("max is " + max + "; it is 0 to " + MOST);
    }
    if (!faults.isEmpty()) {
      return CompletableFuture.failedStage(new InvalidConfigException("drain", stream, faults));
    }
    CompletionStage<List<Long>> reply =
        Scripts.run(
            connections.shared(),
            drain,
            ScriptOutputType.MULTI,
            new String[] {stream, backup},
            Args.of(max),
            Args.of(Math.max(0, maxBacklog)));
    return RedisErrors.typed("drain", backup, reply.thenApply(RedisBackups::drained));
  }

  private static Drained drained(List<Long> told) {
    long age = told.get(2);
    return new Drained(
        told.get(0).intValue(),
        told.get(1),
        age < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(age)),
        told.get(3));
  }

  @Override
  public CompletionStage<Long> seal(String stream, String line, Duration remembered) {
    CompletionStage<Long> last =
        Scripts.run(
            connections.shared(),
            seal,
            ScriptOutputType.INTEGER,
            new String[] {Keys.line(stream, line), Keys.ids(stream)},
            Args.of(Math.max(1, remembered.toMillis())),
            Args.of(generations.next()));
    return RedisErrors.typed("seal line " + line, stream, last);
  }
}
