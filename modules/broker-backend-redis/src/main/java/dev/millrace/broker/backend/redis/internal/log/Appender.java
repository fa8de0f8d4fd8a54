package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Appends with one XADD for each entry, pipelined. A list is sent in slices of one flush each, so
 * that the server works while the rest is being written. Nothing is resent.
 */
final class Appender {
  private static final int SLICE = 512;
  private static final byte[] NEXT_ID = "*".getBytes(StandardCharsets.US_ASCII);
  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  private final RedisConnections connections;
  private final AtomicInteger inFlight = new AtomicInteger();

  Appender(RedisConnections connections) {
    this.connections = connections;
  }

  CompletionStage<List<Appended>> append(String stream, List<Entry> entries, AppendGuard guard) {
    if (guard.dedup() || guard.maxBacklog().isPresent()) {
      Feature missing = guard.dedup() ? Feature.IDEMPOTENT_APPEND : Feature.GUARDED_APPEND;
      return CompletableFuture.failedStage(
          new UnsupportedByBackendException(
              "send", stream, "a guarded append", missing.name(), connections.name()));
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
    var batch = new Batch(stream, entries.size());
    for (int from = 0; from < entries.size(); from += SLICE) {
      batch.send(entries, from, Math.min(entries.size(), from + SLICE));
    }
    return batch.done;
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

  private static AsyncCommand<String, byte[], String> xadd(String stream, Entry entry) {
    var args = new CommandArgs<>(CODEC).addKey(stream).add(NEXT_ID);
    EntryWire.write(entry, (name, value) -> args.addKey(name).addValue(value));
    return new AsyncCommand<>(new Command<>(CommandType.XADD, new StatusOutput<>(CODEC), args));
  }

  /** The outcomes of one list, complete when the last one is there. */
  private final class Batch {
    private final String stream;
    private final AtomicReferenceArray<Appended> outcomes;
    private final AtomicInteger missing;
    private final CompletableFuture<List<Appended>> done = new CompletableFuture<>();

    Batch(String stream, int size) {
      this.stream = stream;
      this.outcomes = new AtomicReferenceArray<>(size);
      this.missing = new AtomicInteger(size);
    }

    void send(List<Entry> entries, int from, int to) {
      var commands = new ArrayList<AsyncCommand<String, byte[], String>>(to - from);
      for (int i = from; i < to; i++) {
        int index = i;
        var command = xadd(stream, entries.get(i));
        var unused = command.whenComplete((id, error) -> outcome(index, id, error));
        commands.add(command);
      }
      try {
        connections.dispatch(commands);
      } catch (RuntimeException refused) {
        // Thrown for a slice that was not sent, or only in part: each command says for itself.
        commands.forEach(command -> command.completeExceptionally(refused));
      }
    }

    private void outcome(int index, @Nullable String id, @Nullable Throwable error) {
      outcomes.set(index, error == null && id != null ? at(id) : failure(error));
      if (missing.decrementAndGet() == 0) {
        inFlight.addAndGet(-outcomes.length());
        var all = new ArrayList<Appended>(outcomes.length());
        for (int i = 0; i < outcomes.length(); i++) {
          all.add(outcomes.get(i));
        }
        done.complete(Collections.unmodifiableList(all));
      }
    }

    private Appended at(String id) {
      return new Appended.At(new Position(id), false);
    }

    private Appended failure(@Nullable Throwable error) {
      Throwable cause =
          error == null
              ? new IllegalStateException("the server answered an append without an id")
              : RedisErrors.unwrap(error);
      return RedisErrors.outcomeUnknown(cause)
          ? new Appended.Ambiguous(cause)
          : new Appended.Failed(RedisErrors.translate("send", stream, cause));
    }
  }
}
