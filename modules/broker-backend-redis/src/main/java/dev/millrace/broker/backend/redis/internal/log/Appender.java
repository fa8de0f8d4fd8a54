package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamSpec;
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
  private final OnceAppend once;
  private final Replicas replicas;
  private final AtomicInteger inFlight = new AtomicInteger();

  Appender(RedisConnections connections) {
    this.connections = connections;
    this.shared = new AppendLine.Shared(connections);
    this.once = new OnceAppend(connections.context());
    this.replicas = new Replicas(connections);
  }

  /** Fails where it is plain that sends as the spec wants them cannot be had. */
  CompletionStage<Void> check(StreamSpec spec) {
    return spec.durability() instanceof Durability.Replicated wanted
        ? replicas.check(spec.name(), wanted)
        : CompletableFuture.completedStage(null);
  }

  CompletionStage<List<Appended>> append(String stream, List<Entry> entries, AppendGuard guard) {
    if (guard.backup().isPresent() || guard.dedup() instanceof Dedup.InLine) {
      return refused(stream, "a backup stream", Feature.BACKUP.name());
    }
    if (guard.maxBacklog().isPresent()) {
      return refused(stream, "a limit to the backlog", Feature.GUARDED_APPEND.name());
    }
    if (guard.durability() instanceof Durability.Fsynced && !connections.fsyncs()) {
      return refused(stream, "this durability", BackendFeatures.levelOf(guard.durability()).name());
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
            line -> send(line, stream, entries, guard.dedup(), true))
        // With fsync at each write, Redis answers after it.
        : send(shared, stream, entries, guard.dedup(), false);
  }

  private CompletionStage<List<Appended>> send(
      AppendLine line, String stream, List<Entry> entries, Dedup dedup, boolean write) {
    return switch (dedup) {
      case Dedup.None none -> PlainAppend.run(line, stream, entries);
      case Dedup.InLine inLine ->
          throw new IllegalArgumentException("refused before: " + inLine.line());
      case Dedup.BySequence bySequence -> once.numbered(line, stream, entries, bySequence, write);
      case Dedup.ById byId -> once.named(line, stream, entries, byId, write);
    };
  }

  private CompletionStage<List<Appended>> refused(String stream, String what, String feature) {
    return CompletableFuture.failedStage(
        new UnsupportedByBackendException("send", stream, what, feature, connections.name()));
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
