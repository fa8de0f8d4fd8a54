package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Trims by one script, which finds out itself what groups still need. */
public final class RedisTrimming implements Trimming {
  private static final long ANY = -1;

  /** So many entries take the server a millisecond or two to count. */
  private static final int MOST_COUNTED = 1_000;

  private final RedisConnections connections;
  private final Script trim = Scripts.load("trim");
  private final Script inspect = Scripts.load("inspect");
  private final Script count = Scripts.load("count");
  private final Script settings = Scripts.load("settings");

  /** On these connections. */
  public RedisTrimming(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<Report> trim(String stream, Limits limits, boolean dryRun) {
    var args = new ArrayList<byte[]>();
    args.add(Args.of(limits.maxLength().orElse(ANY)));
    args.add(Args.of(limits.maxAge().map(Duration::toMillis).orElse(ANY)));
    args.add(Args.of(limits.minCount()));
    args.add(Args.of(limits.minAge().toMillis()));
    args.add(Args.of(limits.unread()));
    args.add(Args.of(Math.max(1, limits.slice())));
    args.add(Args.of(dryRun));
    args.add(Args.of(limits.latest().map(Instant::toEpochMilli).orElse(ANY)));
    limits.declaredGroups().forEach(group -> args.add(Args.of(group)));
    var keys =
        new ArrayList<>(
            List.of(
                stream,
                Keys.floor(stream),
                Keys.audits(stream),
                Keys.drops(stream),
                Keys.trend(stream),
                Keys.notes(stream, "")));
    Keys.auditOfDeadLetters(stream).ifPresent(keys::add);
    CompletionStage<List<Object>> reply =
        run(trim, keys.toArray(String[]::new), args.toArray(byte[][]::new));
    return RedisErrors.typed("trim stream", stream, reply.thenApply(TrimReplies::report));
  }

  @Override
  public CompletionStage<Facts> inspect(String stream, Set<String> declaredGroups) {
    CompletionStage<List<Object>> reply =
        run(
            inspect,
            new String[] {stream, Keys.floor(stream), Keys.trend(stream)},
            declaredGroups.stream().map(Args::of).toArray(byte[][]::new));
    return RedisErrors.typed(
        "inspect stream",
        stream,
        reply.thenApply(TrimReplies::facts).thenCompose(facts -> withReaders(stream, facts)));
  }

  /** When the readers of each group were last there. */
  private CompletionStage<Facts> withReaders(String stream, Facts facts) {
    List<CompletableFuture<Need>> needs =
        facts.needs().stream()
            .map(
                need ->
                    connections
                        .shared()
                        .zrangeWithScores(Keys.alive(stream, need.group()), -1, -1)
                        .thenApply(last -> withReaders(need, last, facts.now()))
                        .toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(needs.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> facts.withNeeds(needs.stream().map(CompletableFuture::join).toList()));
  }

  private static Need withReaders(Need need, List<ScoredValue<byte[]>> last, Instant now) {
    Optional<Instant> until =
        last.stream().map(each -> Instant.ofEpochMilli((long) each.getScore())).findFirst();
    boolean served = until.isPresent() && until.get().isAfter(now);
    return need.servedBy(served, served ? Optional.empty() : until);
  }

  @Override
  public CompletionStage<Counted> count(
      String stream, Optional<Position> after, Position before, int most) {
    CompletionStage<List<Object>> reply =
        run(
            count,
            new String[] {stream},
            Args.of(after.map(Position::value).orElse("")),
            Args.of(before.value()),
            Args.of(Math.clamp(most, 1, MOST_COUNTED)));
    return RedisErrors.typed("count entries", stream, reply.thenApply(TrimReplies::counted));
  }

  @Override
  public CompletionStage<Memory> memory() {
    CompletionStage<Memory> fullest =
        MasterInfo.of(connections, "memory")
            .thenApply(infos -> MemoryInfo.fullest(infos.stream().map(MemoryInfo::of).toList()));
    return RedisErrors.typed("read the memory in use", connections.name(), fullest);
  }

  @Override
  public CompletionStage<Void> store(String stream, Map<String, String> values) {
    var args = new ArrayList<byte[]>();
    values.forEach(
        (name, value) -> {
          args.add(Args.of(name));
          args.add(Args.of(value));
        });
    CompletionStage<Long> stored =
        Scripts.run(
            connections.shared(),
            settings,
            ScriptOutputType.INTEGER,
            new String[] {Keys.settings(stream)},
            args.toArray(byte[][]::new));
    return RedisErrors.typed("store settings", stream, stored.thenAccept(count -> {}));
  }

  @Override
  public CompletionStage<List<Drop>> drops(String stream, int most) {
    return RedisErrors.typed(
        "read drops",
        stream,
        connections
            .shared()
            .xrevrange(Keys.drops(stream), Range.unbounded(), Limit.from(most))
            .thenApply(entries -> entries.stream().map(TrimReplies::drop).toList()));
  }

  private CompletionStage<List<Object>> run(Script script, String[] keys, byte[]... args) {
    return Scripts.run(connections.shared(), script, ScriptOutputType.MULTI, keys, args);
  }
}
