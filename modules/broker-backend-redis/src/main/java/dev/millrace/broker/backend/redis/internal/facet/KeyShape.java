package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.log.KeyKind;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.backend.redis.internal.log.SideKey;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScoredValue;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Whether a key holds what Millrace writes there. Names with braces are every program's, so a name
 * alone accuses nobody. A few entries are looked at; where it cannot be told, it is not ours.
 */
final class KeyShape {
  /** The first milliseconds of 2020 and of 2200: a time, and not just a number. */
  private static final double EARLIEST = 1_577_836_800_000.0;

  private static final double LATEST = 7_258_118_400_000.0;

  private static final int SOME = 20;
  private static final int TEXT = 511;
  private static final int RING_HEAD = 16;
  private static final int MOST_SLOTS = 1 << 24;

  private static final String ENTRY = "\\d+-\\d+";
  private static final String GENERATION = "[0-9a-z]{9,}\\.\\d+";
  private static final Set<String> LEDGER = Set.of("at", "group", "messages", "first", "last");
  private static final String AUDIT =
      "stream|epoch|reads:.*|added|held|done|skipped|foreign|dead-elsewhere|given|expired|seen|spoilt";

  private final RedisConnections connections;

  KeyShape(RedisConnections connections) {
    this.connections = connections;
  }

  /** Whether it may be one of Millrace's. */
  CompletionStage<Boolean> fits(SideKey key) {
    CompletionStage<Boolean> fits =
        switch (key.kind()) {
          // Any fields may be in these.
          case DEAD, BACKUP -> CompletableFuture.completedStage(true);
          // Nobody accuses these.
          case SETTINGS, RPC -> CompletableFuture.completedStage(false);
          case RETRY -> oldest(key, fields -> fields.containsKey("_millrace:retry"));
          case EVENTS -> events(key);
          case DROPS -> oldest(key, fields -> fields.keySet().containsAll(LEDGER));
          case NOTES, RETRY_NOTES -> hash(key, (id, note) -> id.matches(ENTRY));
          case PARKED_ENTRIES -> hash(key, (id, entry) -> id.matches(ENTRY) && isPacked(entry));
          case SCHEDULE_ENTRIES -> hash(key, (id, entry) -> isPacked(entry));
          case FLOOR -> hash(key, (group, id) -> Args.text(id).matches(ENTRY));
          // Milliseconds since 2024.
          case FENCE -> hash(key, (group, epoch) -> Args.text(epoch).matches("\\d{10,13}"));
          case TREND ->
              hash(
                  key,
                  (hour, row) ->
                      hour.matches("\\d{4,7}") && Args.text(row).matches("\\d{13} \\d+"));
          case AUDIT -> audit(key, AUDIT);
          case AUDITS -> audit(key, "stream|group:.*|foreign:.*");
          case LEASES ->
              and(
                  hash(key, (consumer, lease) -> Args.text(lease).matches("\\d{1,13}")),
                  times(beside(key, KeyKind.ALIVE)));
          case ALIVE ->
              and(times(key.key()), connections.shared().hlen(beside(key, KeyKind.LEASES)), 1);
          case PARKED ->
              and(
                  times(key.key()),
                  connections.shared().hlen(beside(key, KeyKind.PARKED_ENTRIES)),
                  1);
          case SCHEDULE ->
              and(
                  times(key.key()),
                  connections.shared().hlen(beside(key, KeyKind.SCHEDULE_ENTRIES)),
                  1);
          case TURN, RETRY_TURN -> turn(key);
          case IDS -> text(key, text -> text.matches(GENERATION));
          case ID -> text(key, text -> text.matches(GENERATION + " >?" + ENTRY));
          case LINE -> text(key, text -> text.matches(GENERATION + " \\d+ \\d+( sealed)?"));
          case SENT -> ring(key);
          case EFFECT ->
              key.rest().matches("[0-9a-f]{64}")
                  ? text(key, text -> text.matches("(?s).+ .+ .+"))
                  : CompletableFuture.completedStage(false);
          case CALL -> text(key, text -> text.matches("(?s)" + ENTRY + "[ \n].+"));
        };
    return Absent.or(false, fits);
  }

  /** The key of another kind with the same name in braces and the same behind the kind. */
  static String beside(SideKey key, KeyKind kind) {
    String rest = key.rest().isEmpty() ? "" : ":" + key.rest();
    return "{" + key.base() + "}:" + kind.word() + rest;
  }

  private CompletionStage<Boolean> hash(SideKey key, BiPredicate<String, byte[]> each) {
    return some(key.key())
        .thenApply(
            some ->
                !some.isEmpty()
                    && some.entrySet().stream()
                        .allMatch(field -> each.test(field.getKey(), field.getValue())));
  }

  private CompletionStage<Boolean> audit(SideKey key, String fields) {
    return and(
        hash(key, (field, value) -> field.matches(fields)),
        connections
            .shared()
            .hget(key.key(), "stream")
            .thenApply(
                stream ->
                    stream != null
                        && (Args.text(stream).equals(key.base())
                            || Args.text(stream).startsWith("{" + key.base() + "}:"))));
  }

  private CompletionStage<Map<String, byte[]>> some(String key) {
    return connections
        .shared()
        .hscan(key, ScanArgs.Builder.limit(SOME))
        .thenApply(page -> page.getMap());
  }

  private CompletionStage<Boolean> oldest(SideKey key, Predicate<Map<String, byte[]>> fields) {
    return connections
        .shared()
        .xrange(key.key(), Range.unbounded(), Limit.from(1))
        .thenApply(first -> !first.isEmpty() && fields.test(first.getFirst().getBody()));
  }

  /**
   * What Millrace publishes has an id, and the groups that it makes a fence epoch. A script says
   * the same where a name is forgotten: {@code remove-group.lua}.
   */
  private CompletionStage<Boolean> events(SideKey key) {
    return oldest(key, fields -> fields.containsKey("_id"))
        .thenCombine(
            connections.shared().exists(Keys.fence(key.key())),
            (published, fences) -> published || fences > 0);
  }

  /** Whether the scores of a sorted set are times. */
  private CompletionStage<Boolean> times(String key) {
    return connections
        .shared()
        .zrangeWithScores(key, 0, SOME - 1)
        .thenApply(
            some ->
                !some.isEmpty()
                    && some.stream()
                        .mapToDouble(ScoredValue::getScore)
                        .allMatch(score -> score >= EARLIEST && score < LATEST));
  }

  private CompletionStage<Boolean> text(SideKey key, Predicate<String> is) {
    return connections
        .shared()
        .getrange(key.key(), 0, TEXT)
        .thenApply(bytes -> is.test(Args.text(bytes)));
  }

  /** Who has a turn has a lease too. */
  private CompletionStage<Boolean> turn(SideKey key) {
    return connections
        .shared()
        .getrange(key.key(), 0, TEXT)
        .thenCompose(
            holder -> connections.shared().hexists(beside(key, KeyKind.LEASES), Args.text(holder)));
  }

  private CompletionStage<Boolean> ring(SideKey key) {
    return connections
        .shared()
        .getrange(key.key(), 0, RING_HEAD - 1)
        .thenApply(
            head -> {
              if (head.length < RING_HEAD) {
                return false;
              }
              var numbers = ByteBuffer.wrap(head);
              long highest = numbers.getLong();
              long slots = numbers.getLong();
              return highest >= 0 && highest < 1L << 53 && slots > 0 && slots <= MOST_SLOTS;
            });
  }

  /** Whether it begins as a MessagePack array does, of up to 15 and of more; no text does. */
  private static boolean isPacked(byte[] value) {
    if (value.length < 2) {
      return false;
    }
    int first = value[0] & 0xff;
    return (first > 0x90 && first <= 0x9f) || (first == 0xdc && value[1] >= 0);
  }

  private static CompletionStage<Boolean> and(
      CompletionStage<Boolean> one, CompletionStage<Boolean> other) {
    return one.thenCombine(other, (first, second) -> first && second);
  }

  private static CompletionStage<Boolean> and(
      CompletionStage<Boolean> one, CompletionStage<Long> count, long least) {
    return one.thenCombine(count, (first, entries) -> first && entries >= least);
  }
}
