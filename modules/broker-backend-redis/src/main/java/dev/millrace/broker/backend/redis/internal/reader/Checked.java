package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The scripts that compare owner and delivery count before they change anything. Safe to call with
 * any receipt, however late: a stale one changes nothing.
 */
final class Checked {
  /** How many deliveries one call takes at most: a script blocks the server while it runs. */
  static final int BATCH = 100;

  // Longer than any lease (a day at most), so that every member's next scan takes it.
  private static final byte[] HANDED_BACK_IDLE = text(Long.toString(25L * 60 * 60 * 1000));

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

  /** A pending entry as it was seen. */
  record Seen(String id, String owner, long count) {}

  /** An entry taken over; without fields it was deleted while pending. */
  record Taken(String id, long count, @Nullable Map<String, byte[]> fields) {}

  /** What became of the group: 0 it was there, 1 new, 2 made again at its floor. */
  record Ensured(long how, String start) {}

  /** Verdicts in the order of the receipts, all of one lane, at most {@link #BATCH}. */
  CompletionStage<List<Long>> ack(Lane lane, List<Receipt> receipts) {
    return verdicts(ack, lane, receipts, new byte[0][]);
  }

  CompletionStage<List<Long>> renew(Lane lane, List<Receipt> receipts) {
    return verdicts(renew, lane, receipts, new byte[0][]);
  }

  /** Those that never reached the application do not count as delivered. */
  CompletionStage<List<Long>> handBack(Lane lane, List<Receipt> receipts, boolean delivered) {
    return verdicts(handBack, lane, receipts, HANDED_BACK_IDLE, text(delivered ? "0" : "1"));
  }

  private CompletionStage<List<Long>> verdicts(
      Script script, Lane lane, List<Receipt> receipts, byte[]... extra) {
    byte[][] args = new byte[2 + extra.length + 2 * receipts.size()][];
    args[0] = lane.groupBytes();
    args[1] = lane.consumerBytes();
    System.arraycopy(extra, 0, args, 2, extra.length);
    int at = 2 + extra.length;
    for (Receipt receipt : receipts) {
      args[at++] = text(receipt.id);
      args[at++] = text(Long.toString(receipt.count));
    }
    CompletionStage<List<Long>> reply =
        run(script, ScriptOutputType.MULTI, new String[] {lane.stream()}, args);
    return reply;
  }

  CompletionStage<List<Taken>> claim(Lane lane, List<Seen> entries, long leastIdleMillis) {
    byte[][] args = new byte[3 + 3 * entries.size()][];
    args[0] = lane.groupBytes();
    args[1] = lane.consumerBytes();
    args[2] = text(Long.toString(leastIdleMillis));
    int at = 3;
    for (Seen entry : entries) {
      args[at++] = text(entry.id());
      args[at++] = text(entry.owner());
      args[at++] = text(Long.toString(entry.count()));
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
  CompletionStage<Ensured> ensure(GroupRef group, String start) {
    String[] keys = {group.stream(), Keys.floor(group.stream())};
    CompletionStage<List<Object>> reply =
        run(ensure, ScriptOutputType.MULTI, keys, text(group.group()), text(start));
    return reply.thenApply(
        row -> new Ensured((Long) row.get(0), new String((byte[]) row.get(1), UTF_8)));
  }

  /** Removes the lane's consumer name from the group if nothing is pending under it. */
  CompletionStage<Long> leave(Lane lane) {
    return run(
        leave,
        ScriptOutputType.INTEGER,
        new String[] {lane.stream()},
        lane.groupBytes(),
        lane.consumerBytes());
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
