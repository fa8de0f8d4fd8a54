package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.AuditSum.State;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.backend.redis.internal.log.ReaderFactory;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Takes one script's look at each group. What was acknowledged, the readers have counted. */
public final class RedisAudit implements Audit {
  /** For how long readers are waited for that do not count yet. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final String GROUP = "group:";
  private static final State[] STATES = {
    State.OFF, State.EXACT, State.STARTING, State.UNCOUNTABLE, State.BROKEN
  };

  private final RedisConnections connections;
  private final StreamLog log;
  private final ReaderFactory readers;
  private final AuditedStreams streams;
  private final Script audit = Scripts.load("audit");

  /** On these connections; the log tells which groups there are, and readers are told to count. */
  public RedisAudit(RedisConnections connections, StreamLog log, ReaderFactory readers) {
    this.connections = connections;
    this.log = log;
    this.readers = readers;
    this.streams = new AuditedStreams(connections);
  }

  @Override
  public CompletionStage<List<AuditSum>> begin(String stream) {
    return all(stream, "begin").thenCompose(sums -> joined(stream, sums));
  }

  @Override
  public CompletionStage<Void> end(String stream) {
    return all(stream, "end").thenAccept(sums -> {});
  }

  @Override
  public CompletionStage<List<AuditSum>> take(String stream) {
    return all(stream, "take").thenCompose(sums -> joined(stream, sums));
  }

  @Override
  public CompletionStage<List<String>> streams() {
    return RedisErrors.typed("list audits", connections.name(), streams.all());
  }

  /** Once all readers count, or when they have been waited for long enough. */
  private CompletionStage<List<AuditSum>> joined(String stream, List<AuditSum> sums) {
    if (!starting(sums)) {
      return CompletableFuture.completedStage(sums);
    }
    for (AuditSum sum : sums) {
      if (sum.state() == State.STARTING) {
        readers.auditBegins(new GroupRef(stream, sum.group()));
      }
    }
    BrokerClock clock = connections.context().clock();
    return again(stream, clock.nanoTime() + PATIENCE.toNanos());
  }

  private CompletionStage<List<AuditSum>> again(String stream, long until) {
    BrokerClock clock = connections.context().clock();
    var paused = new CompletableFuture<Void>();
    clock.schedule(PAUSE, () -> paused.complete(null));
    return paused
        .thenCompose(now -> all(stream, "take"))
        .thenCompose(
            sums ->
                starting(sums) && clock.nanoTime() - until < 0
                    ? again(stream, until)
                    : CompletableFuture.completedStage(sums));
  }

  private static boolean starting(List<AuditSum> sums) {
    return sums.stream().anyMatch(sum -> sum.state() == State.STARTING);
  }

  private CompletionStage<List<AuditSum>> all(String stream, String what) {
    return groups(stream)
        .thenCompose(
            groups -> {
              List<CompletableFuture<AuditSum>> sums =
                  groups.stream()
                      .map(group -> one(stream, group, what).toCompletableFuture())
                      .toList();
              return CompletableFuture.allOf(sums.toArray(CompletableFuture[]::new))
                  .thenApply(done -> sums.stream().map(CompletableFuture::join).toList());
            });
  }

  /** Those that the stream has, and those of which an audit was begun, by name. */
  private CompletionStage<Collection<String>> groups(String stream) {
    CompletionStage<List<String>> audited =
        RedisErrors.typed("audit", stream, connections.shared().hkeys(Keys.audits(stream)));
    return log.describe(stream)
        .thenCombine(
            audited,
            (state, fields) -> {
              var groups = new TreeSet<String>();
              state.groups().stream().map(StreamState.Group::name).forEach(groups::add);
              fields.stream()
                  .filter(field -> field.startsWith(GROUP))
                  .map(field -> field.substring(GROUP.length()))
                  .forEach(groups::add);
              return groups;
            });
  }

  private CompletionStage<AuditSum> one(String stream, String group, String what) {
    CompletionStage<List<Long>> reply =
        Scripts.run(
            connections.shared(),
            audit,
            ScriptOutputType.MULTI,
            new String[] {
              stream,
              Keys.audit(stream, group),
              Keys.parked(stream, group),
              Keys.parkedEntries(stream, group),
              Keys.retry(stream, group),
              Names.deadLetter(stream, group),
              Keys.audits(stream),
              Keys.leases(stream, group),
              Keys.alive(stream, group),
              Keys.fence(stream)
            },
            Args.of(group),
            Args.of(what));
    return RedisErrors.typed("audit", stream, reply.thenApply(n -> sum(group, n)));
  }

  private static AuditSum sum(String group, List<Long> n) {
    return new AuditSum(
        group,
        STATES[Math.toIntExact(n.get(0))],
        n.get(1),
        n.get(2),
        n.get(3),
        n.get(4),
        n.get(5),
        n.get(6),
        n.get(7),
        n.get(8),
        n.get(9),
        n.get(10));
  }
}
