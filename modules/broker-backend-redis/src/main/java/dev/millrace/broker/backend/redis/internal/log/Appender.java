package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** Appends as the guard asks for, within a limit of what is under way. Nothing is resent. */
final class Appender {
  private final RedisConnections connections;
  private final AppendLine shared;
  private final NumberedAppend numbered = new NumberedAppend();
  private final GuardedAppend guarded;
  private final Replicas replicas;
  private final AtomicInteger inFlight = new AtomicInteger();

  Appender(RedisConnections connections, Generations generations) {
    this.connections = connections;
    this.shared = new AppendLine.Shared(connections);
    this.guarded = new GuardedAppend(generations);
    this.replicas = new Replicas(connections);
  }

  CompletionStage<List<Appended>> append(String stream, List<Entry> entries, AppendGuard guard) {
    if (guard.durability() instanceof Durability.Fsynced && !connections.fsyncs()) {
      return CompletableFuture.failedStage(
          new UnsupportedByBackendException(
              "send",
              stream,
              "this durability",
              BackendFeatures.levelOf(guard.durability()).name(),
              connections.name()));
    }
    if (guard.backup().filter(stream::equals).isPresent()) {
      return CompletableFuture.failedStage(
          new InvalidConfigException(
              "send", stream, List.of("the backup is the stream itself; name another")));
    }
    if (entries.isEmpty()) {
      return CompletableFuture.completedStage(List.of());
    }
    int before = inFlight.getAndAdd(entries.size());
    // One list is always let in when nothing else is under way, however long it is.
    if (before > 0 && before + entries.size() > connections.maxInFlight()) {
      inFlight.addAndGet(-entries.size());
      return CompletableFuture.completedStage(
          Collections.nCopies(entries.size(), new Appended.Failed(tooMany(stream, before))));
    }
    CompletionStage<List<Appended>> sent;
    try {
      sent = send(stream, entries, guard);
    } catch (BrokerException badEntries) {
      sent = CompletableFuture.failedStage(badEntries);
    }
    return sent.whenComplete((done, error) -> inFlight.addAndGet(-entries.size()));
  }

  private CompletionStage<List<Appended>> send(
      String stream, List<Entry> entries, AppendGuard guard) {
    return guard.durability() instanceof Durability.Replicated wanted
        ? replicas.append(
            stream,
            entries.size(),
            wanted,
            !(guard.dedup() instanceof Dedup.None),
            line -> send(line, stream, entries, guard, true))
        // With fsync at each write, Redis answers after it.
        : send(shared, stream, entries, guard, false);
  }

  private CompletionStage<List<Appended>> send(
      AppendLine line, String stream, List<Entry> entries, AppendGuard guard, boolean write) {
    boolean plain = guard.maxBacklog().isEmpty() && guard.backup().isEmpty();
    return switch (guard.dedup()) {
      case Dedup.None none when plain -> PlainAppend.run(line, stream, entries);
      case Dedup.BySequence bySequence ->
          numbered.append(line, stream, entries, bySequence, guard, write);
      default -> guarded.append(line, stream, entries, guard, write);
    };
  }

  private BrokerException tooMany(String stream, int before) {
    return new BackendUnavailableException(
        "send",
        stream,
        before
            + " entries are on their way to the server and no more than "
            + connections.maxInFlight()
            + " may be (maxInFlight in the URL)",
        null);
  }
}
