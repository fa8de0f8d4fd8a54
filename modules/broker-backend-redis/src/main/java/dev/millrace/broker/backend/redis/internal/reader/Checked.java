package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The scripts that compare owner and delivery count before they change anything. Safe to call with
 * any receipt, however late: a stale one changes nothing.
 */
final class Checked {
  /** How many deliveries one call takes at most: a script blocks the server while it runs. */
  static final int BATCH = 100;

  /** Longer than any lease (a day at most), so that every member's next scan takes it. */
  private static final long HANDED_BACK_MILLIS = 25L * 60 * 60 * 1000;

  private final RedisConnections connections;
  private final Script ack = Scripts.load("reader-ack");
  private final Script renew = Scripts.load("reader-renew");
  private final Script handBack = Scripts.load("reader-handback");
  private final Script claim = Scripts.load("reader-claim");
  private final Script move = Scripts.load("reader-move");
  private final Script ensure = Scripts.load("reader-ensure");
  private final Script leave = Scripts.load("reader-leave");

  Checked(RedisConnections connections) {
    this.connections = connections;
  }

  /**
   * A pending entry as it was seen.
   *
   * @param leastIdleMillis its owner's lease: younger ones are left alone
   */
  record Seen(String id, String owner, long count, long leastIdleMillis) {}

  /** An entry taken over; without fields it was deleted while pending. */
  record Taken(String id, long count, @Nullable Map<String, byte[]> fields) {}

  /** What became of the group: 0 it was there, 1 new, 2 made again at its floor. */
  record Ensured(long how, String start) {}

  /** Verdicts in the order of the receipts, all of one lane, at most {@link #BATCH}. */
  CompletionStage<List<Long>> ack(Lane lane, List<Receipt> receipts) {
    return verdicts(ack, lane, receipts);
  }

  CompletionStage<List<Long>> renew(Lane lane, List<Receipt> receipts) {
    return verdicts(renew, lane, receipts);
  }

  /** Those that never reached the application do not count as delivered. */
  CompletionStage<List<Long>> handBack(Lane lane, List<Receipt> receipts, boolean delivered) {
    long now = connections.context().clock().nanoTime();
    long lease = lane.leaseMillis();
    byte[][] args = new byte[3 + 3 * receipts.size()][];
    args[0] = lane.groupBytes();
    args[1] = lane.consumerBytes();
    args[2] = text(delivered ? "0" : "1");
    int at = 3;
    for (Receipt receipt : receipts) {
      // A delay that is not over yet: claimable when the rest of the lease is. At most one lease.
      long left = receipt.delayed ? TimeUnit.NANOSECONDS.toMillis(receipt.due - now) : 0;
      args[at++] = text(receipt.id);
      args[at++] = text(Long.toString(receipt.count));
      args[at++] = text(Long.toString(left > 0 ? Math.max(0, lease - left) : HANDED_BACK_MILLIS));
    }
    return run(handBack, ScriptOutputType.MULTI, new String[] {lane.stream()}, args);
  }

  private CompletionStage<List<Long>> verdicts(Script script, Lane lane, List<Receipt> receipts) {
    byte[][] args = new byte[2 + 2 * receipts.size()][];
    args[0] = lane.groupBytes();
    args[1] = lane.consumerBytes();
    int at = 2;
    for (Receipt receipt : receipts) {
      args[at++] = text(receipt.id);
      args[at++] = text(Long.toString(receipt.count));
    }
    CompletionStage<List<Long>> reply =
        run(script, ScriptOutputType.MULTI, new String[] {lane.stream()}, args);
    return reply;
  }

  CompletionStage<List<Taken>> claim(Lane lane, List<Seen> entries) {
    byte[][] args = new byte[2 + 4 * entries.size()][];
    args[0] = lane.groupBytes();
    args[1] = lane.consumerBytes();
    int at = 2;
    for (Seen entry : entries) {
      args[at++] = text(entry.id());
      args[at++] = text(entry.owner());
      args[at++] = text(Long.toString(entry.count()));
      args[at++] = text(Long.toString(entry.leastIdleMillis()));
    }
    CompletionStage<List<List<Object>>> reply =
        run(claim, ScriptOutputType.MULTI, new String[] {lane.stream()}, args);
    return reply.thenApply(Checked::taken);
  }

  private static List<Taken> taken(List<List<Object>> rows) {
    var result = new ArrayList<Taken>(rows.size());
    for (List<Object> row : rows) {
      String id = new String((byte[]) row.get(0), UTF_8);
      long count = (Long) row.get(1);
      result.add(new Taken(id, count, row.size() > 2 ? fields((List<?>) row.get(2)) : null));
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

  /**
   * Whether it was moved; false: the delivery is stale. Fails where the server refuses the XADD.
   */
  CompletionStage<Boolean> move(Receipt receipt, String target, Entry entry) {
    Lane lane = receipt.lane();
    Map<String, byte[]> wire = EntryWire.write(entry);
    byte[][] args = new byte[4 + 2 * wire.size()][];
    args[0] = lane.groupBytes();
    args[1] = lane.consumerBytes();
    args[2] = text(receipt.id);
    args[3] = text(Long.toString(receipt.count));
    int at = 4;
    for (var field : wire.entrySet()) {
      args[at++] = text(field.getKey());
      args[at++] = field.getValue();
    }
    CompletionStage<byte[]> reply =
        run(move, ScriptOutputType.VALUE, new String[] {lane.stream(), target}, args);
    return reply.thenApply(id -> id.length > 0);
  }

  /** Makes the group where it does not exist. */
  CompletionStage<Ensured> ensure(Lane lane, String start, long leaseMillis) {
    String stream = lane.stream();
    String[] keys = {stream, Keys.floor(stream), leases(lane)};
    CompletionStage<List<Object>> reply =
        run(
            ensure,
            ScriptOutputType.MULTI,
            keys,
            lane.groupBytes(),
            text(start),
            lane.consumerBytes(),
            text(Long.toString(leaseMillis)));
    return reply.thenApply(
        row -> new Ensured((Long) row.get(0), new String((byte[]) row.get(1), UTF_8)));
  }

  /** Removes the lane's consumer name from the group if nothing is pending under it. */
  CompletionStage<Long> leave(Lane lane) {
    return run(
        leave,
        ScriptOutputType.INTEGER,
        new String[] {lane.stream(), leases(lane)},
        lane.groupBytes(),
        lane.consumerBytes());
  }

  /** How long the group's consumers may keep an entry without renewing it, in milliseconds. */
  CompletionStage<Map<String, Long>> leasesOf(Lane lane) {
    return safely(() -> connections.shared().hgetall(leases(lane)))
        .thenApply(
            raw -> {
              var leases = HashMap.<String, Long>newHashMap(raw.size());
              raw.forEach(
                  (consumer, lease) ->
                      leases.put(consumer, Long.parseLong(new String(lease, UTF_8))));
              return leases;
            });
  }

  private static String leases(Lane lane) {
    return Keys.leases(lane.stream(), lane.group().ref().group());
  }

  private <T> CompletionStage<T> run(
      Script script, ScriptOutputType type, String[] keys, byte[]... args) {
    return safely(() -> Scripts.run(connections.shared(), script, type, keys, args));
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
