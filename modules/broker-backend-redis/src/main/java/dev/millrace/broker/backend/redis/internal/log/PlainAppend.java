package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.protocol.CommandArgs;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One XADD for each entry, pipelined. A list is sent in slices of one flush each, so that the
 * server works while the rest is being written. Complete when the last outcome is there.
 */
final class PlainAppend {
  private static final int SLICE = 512;

  private final String stream;
  private final AtomicReferenceArray<Appended> outcomes;
  private final AtomicInteger missing;
  private final CompletableFuture<List<Appended>> done = new CompletableFuture<>();

  private PlainAppend(String stream, int size) {
    this.stream = stream;
    this.outcomes = new AtomicReferenceArray<>(size);
    this.missing = new AtomicInteger(size);
  }

  static CompletionStage<List<Appended>> run(AppendLine line, String stream, List<Entry> entries) {
    if (entries.size() == 1) {
      return line.add(List.of(xadd(stream, entries.getFirst())))
          .getFirst()
          .handle((id, error) -> List.of(appended(stream, id, error)));
    }
    var append = new PlainAppend(stream, entries.size());
    for (int from = 0; from < entries.size(); from += SLICE) {
      append.send(line, entries, from, Math.min(entries.size(), from + SLICE));
    }
    return append.done;
  }

  private void send(AppendLine line, List<Entry> entries, int from, int to) {
    var commands = new ArrayList<CommandArgs<String, byte[]>>(to - from);
    for (int i = from; i < to; i++) {
      commands.add(xadd(stream, entries.get(i)));
    }
    int index = from;
    for (CompletionStage<String> sent : line.add(commands)) {
      int mine = index++;
      var unused = sent.whenComplete((id, error) -> outcome(mine, id, error));
    }
  }

  private static CommandArgs<String, byte[]> xadd(String stream, Entry entry) {
    var args = new CommandArgs<>(AppendLine.CODEC).addKey(stream).add(AppendLine.NEXT_ID);
    EntryWire.write(entry, (name, value) -> args.addKey(name).addValue(value));
    return args;
  }

  private static Appended appended(String stream, @Nullable String id, @Nullable Throwable error) {
    return error == null && id != null
        ? new Appended.At(new Position(id), false)
        : failure(stream, error);
  }

  private void outcome(int index, @Nullable String id, @Nullable Throwable error) {
    outcomes.set(index, appended(stream, id, error));
    if (missing.decrementAndGet() == 0) {
      var all = new ArrayList<Appended>(outcomes.length());
      for (int i = 0; i < outcomes.length(); i++) {
        all.add(outcomes.get(i));
      }
      done.complete(Collections.unmodifiableList(all));
    }
  }

  static Appended failure(String stream, @Nullable Throwable error) {
    Throwable cause =
        error == null
            ? new IllegalStateException("the server answered an append without an id")
            : RedisErrors.unwrap(error);
    return RedisErrors.outcomeUnknown(cause)
        ? new Appended.Ambiguous(cause)
        : new Appended.Failed(RedisErrors.translate("send", stream, cause));
  }
}
