package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.ScriptOutputType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** The scripts by which readers say that they live and take turns at looking after a group. */
final class Keeper {
  /** How many names one call removes at most. */
  static final int SWEPT = 100;

  private static final long LEAST_ALIVE = TimeUnit.SECONDS.toMillis(2);
  private static final long MOST_ALIVE = TimeUnit.MINUTES.toMillis(10);

  private final RedisConnections connections;
  private final LongSupplier skew;
  private final Script tend = Scripts.load("reader-tend");
  private final Script sweep = Scripts.load("reader-sweep");

  /**
   * As one.
   *
   * @param skew what to add to the server's clock, in milliseconds; for tests
   */
  Keeper(RedisConnections connections, LongSupplier skew) {
    this.connections = connections;
    this.skew = skew;
  }

  /**
   * An answer to a sign of life.
   *
   * @param mine whether the caller has the turn
   * @param waitMillis until the turn is free again
   * @param alive how many consumers live
   * @param leases of the group's consumers, in milliseconds
   * @param back whether the stream exists where parked entries come back
   * @param awaited whether an audit waits for the caller to count
   */
  record Tended(
      long serverMillis,
      boolean mine,
      long waitMillis,
      long alive,
      Map<String, Long> leases,
      boolean back,
      boolean awaited) {}

  /** For how long a consumer counts as alive after each sign of life. */
  static long aliveMillis(long leaseMillis) {
    return Math.clamp(20 * leaseMillis, LEAST_ALIVE, MOST_ALIVE);
  }

  /**
   * Says that the lane lives.
   *
   * @param turnMillis how long it would have the turn; 0 gives it back
   * @param force takes the turn from whoever has it
   */
  CompletionStage<Tended> tend(Lane lane, long turnMillis, boolean force) {
    LaneKeys keys = lane.keys();
    var args =
        Arguments.of(lane)
            .add(lane.leaseMillis())
            .add(aliveMillis(lane.leaseMillis()))
            .add(turnMillis)
            .add(force)
            .add(lane instanceof MainLane)
            .add(lane.group().acknowledgedUncounted());
    CompletionStage<List<Object>> reply =
        run(
            tend,
            args,
            keys.stream(),
            keys.floor(),
            keys.leases(),
            keys.alive(),
            keys.turn(),
            keys.retry(),
            keys.audit());
    return reply.thenApply(
        row ->
            new Tended(
                (Long) row.get(0) + skew.getAsLong(),
                (Long) row.get(1) == 1,
                (Long) row.get(2),
                (Long) row.get(3),
                leases((List<?>) row.get(4)),
                (Long) row.get(5) == 1,
                (Long) row.get(6) == 1));
  }

  private static Map<String, Long> leases(List<?> flat) {
    var leases = HashMap.<String, Long>newHashMap(flat.size() / 2);
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      leases.put(text(flat.get(i)), Long.parseLong(text(flat.get(i + 1))));
    }
    return leases;
  }

  /** Removes names of consumers that are gone and have nothing pending; how many. */
  CompletionStage<Integer> sweep(Lane lane) {
    LaneKeys keys = lane.keys();
    var args =
        new Arguments().add(lane.groupBytes()).add(aliveMillis(lane.leaseMillis())).add(SWEPT);
    CompletionStage<List<Object>> reply =
        run(sweep, args, keys.stream(), keys.leases(), keys.alive(), keys.retry());
    return reply.thenApply(List::size);
  }

  private CompletionStage<List<Object>> run(Script script, Arguments args, String... keys) {
    return Checked.safely(
        () ->
            Scripts.run(
                connections.shared(), script, ScriptOutputType.MULTI, keys, args.toArray()));
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, UTF_8);
  }
}
