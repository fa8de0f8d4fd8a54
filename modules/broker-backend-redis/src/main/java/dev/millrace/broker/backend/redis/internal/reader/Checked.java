package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The scripts about a group as a whole: it is made, entries of others are taken over, parked ones
 * come back. None of them changes what is not as the caller saw it.
 */
final class Checked {
  /** How many deliveries one call takes at most: a script blocks the server while it runs. */
  static final int BATCH = 100;

  private final RedisConnections connections;
  private final Script unpark = Scripts.load("reader-unpark");
  private final Script claim = Scripts.load("reader-claim");
  private final Script ensure = Scripts.load("reader-ensure");
  private final Script leave = Scripts.load("reader-leave");

  Checked(RedisConnections connections) {
    this.connections = connections;
  }

  /**
   * A pending entry as it was seen.
   *
   * @param leastIdleMillis its owner's lease: younger ones are left alone
   * @param recovered whether its owner did not give it away
   */
  record Seen(String id, String owner, long count, long leastIdleMillis, boolean recovered) {}

  /** An entry taken over; without fields it was deleted while pending. */
  record Taken(
      String id,
      long count,
      @Nullable Map<String, byte[]> fields,
      boolean recovered,
      @Nullable String note) {}

  /** Entries taken over, and the group's epoch at that time. */
  record Claimed(long fence, List<Taken> taken) {}

  /**
   * What became of the group: 0 it was there, 1 new, 2 made again at its floor.
   *
   * @param audited whether an audit of it is on
   */
  record Ensured(long how, String start, long fence, boolean audited) {}

  /**
   * What is parked.
   *
   * @param moved how many came back just now
   * @param nextMillis until the next is due; negative: nothing is parked
   * @param back how many are in the stream where they come back; negative: there is none
   * @param made whether that stream was made just now
   */
  record Unparked(long moved, long nextMillis, long back, boolean made) {}

  CompletionStage<Claimed> claim(Lane lane, List<Seen> entries) {
    var args = Arguments.of(lane);
    var recovered = new HashSet<String>();
    for (Seen entry : entries) {
      args.add(entry.id()).add(entry.owner()).add(entry.count()).add(entry.leastIdleMillis());
      if (entry.recovered()) {
        recovered.add(entry.id());
      }
    }
    LaneKeys keys = lane.keys();
    CompletionStage<List<Object>> reply =
        run(claim, ScriptOutputType.MULTI, args, keys.stream(), keys.notes(), keys.fence());
    return reply.thenApply(
        parts ->
            new Claimed(
                Fence.parse((byte[]) parts.get(0)), taken((List<?>) parts.get(1), recovered)));
  }

  private static List<Taken> taken(List<?> rows, Set<String> recovered) {
    var result = new ArrayList<Taken>(rows.size());
    for (Object each : rows) {
      List<?> row = (List<?>) each;
      String id = new String((byte[]) row.get(0), UTF_8);
      result.add(
          new Taken(
              id,
              (Long) row.get(1),
              row.size() > 2 ? fields((List<?>) row.get(2)) : null,
              recovered.contains(id),
              row.size() > 3 ? new String((byte[]) row.get(3), UTF_8) : null));
    }
    return result;
  }

  private static Map<String, byte[]> fields(List<?> flat) {
    var fields = LinkedHashMap.<String, byte[]>newLinkedHashMap(flat.size() / 2);
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      fields.put(new String((byte[]) flat.get(i), UTF_8), (byte[]) flat.get(i + 1));
    }
    return fields;
  }

  /** Makes the group where it does not exist, before anything that is sent after it. */
  CompletionStage<Ensured> ensure(Lane lane, String start, long leaseMillis) {
    LaneKeys keys = lane.keys();
    String[] all = {
      keys.stream(), keys.floor(), keys.leases(), keys.fence(), keys.notes(), keys.audit()
    };
    byte[][] args =
        new Arguments()
            .add(lane.groupBytes())
            .add(start)
            .add(lane.consumerBytes())
            .add(leaseMillis)
            .toArray();
    CompletionStage<List<Object>> reply =
        safely(
            () ->
                Scripts.runInOrder(
                    connections.shared(), ensure, ScriptOutputType.MULTI, all, args));
    return reply.thenApply(
        row ->
            new Ensured(
                (Long) row.get(0),
                new String((byte[]) row.get(1), UTF_8),
                Fence.parse((byte[]) row.get(2)),
                (Long) row.get(3) == 1));
  }

  /** Has parked entries of the group come back that are due, a hundred at most. */
  CompletionStage<Unparked> unpark(Lane lane) {
    LaneKeys keys = lane.keys();
    CompletionStage<List<Object>> reply =
        run(
            unpark,
            ScriptOutputType.MULTI,
            new Arguments().add(lane.groupBytes()).add(BATCH),
            keys.parked(),
            keys.parkedEntries(),
            keys.retry());
    return reply.thenApply(
        row ->
            new Unparked(
                (Long) row.get(0), (Long) row.get(1), (Long) row.get(2), (Long) row.get(3) == 1));
  }

  /** Removes the lane's consumer name from the group if nothing is pending under it. */
  CompletionStage<Long> leave(Lane lane) {
    return run(
        leave,
        ScriptOutputType.INTEGER,
        Arguments.of(lane),
        lane.stream(),
        lane.keys().leases(),
        lane.keys().alive());
  }

  private <T> CompletionStage<T> run(
      Script script, ScriptOutputType type, Arguments args, String... keys) {
    return safely(() -> Scripts.run(connections.shared(), script, type, keys, args.toArray()));
  }

  /** What a call throws at once becomes a failed stage, so that there is one path for failures. */
  static <T> CompletionStage<T> safely(Supplier<CompletionStage<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException atOnce) {
      return CompletableFuture.failedStage(atOnce);
    }
  }

  static byte[] text(String value) {
    return value.getBytes(UTF_8);
  }
}
