package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/** Appends by script, each number or id once: one call for a list, several for a long one. */
final class OnceAppend {
  private static final int SLICE = 512;

  /** Lua's stack has room for 8,000 values. */
  private static final int MOST_WORDS = 7_000;

  /** How long a producer that sends no more is remembered. */
  private static final Duration RING = Duration.ofHours(2);

  /** Its lifetime is renewed with each number that this divides. */
  private static final long RENEW = 64;

  private final Script bySequence = Scripts.load("append-sequence");
  private final Script byId = Scripts.load("append-id");

  /**
   * With a count, names what is remembered of a stream's ids from then on; short, for each has it.
   */
  private final String generations;

  private final AtomicLong generation = new AtomicLong();

  OnceAppend(BackendContext context) {
    this.generations =
        Long.toString(context.clock().now().toEpochMilli(), Character.MAX_RADIX)
            + Integer.toString(context.instance().hashCode() & 0xffffff, Character.MAX_RADIX);
  }

  /**
   * Appends entries that their producer has numbered.
   *
   * @param write whether even a mere duplicate is to be a write, for a wait for replicas
   */
  CompletionStage<List<Appended>> numbered(
      AppendLine line, String stream, List<Entry> entries, Dedup.BySequence dedup, boolean write) {
    var slices = new ArrayList<CompletionStage<List<Appended>>>();
    int most = Math.min(SLICE, dedup.window());
    int from = 0;
    for (int i = 1; i <= entries.size(); i++) {
      if (i == entries.size()
          || i - from == most
          || dedup.sequenceOf(entries.get(i)) != dedup.sequenceOf(entries.get(i - 1)) + 1) {
        slices.add(run(line, stream, entries.subList(from, i), dedup, write));
        from = i;
      }
    }
    return joined(slices, entries.size());
  }

  private CompletionStage<List<Appended>> run(
      AppendLine line, String stream, List<Entry> entries, Dedup.BySequence dedup, boolean write) {
    long first = dedup.sequenceOf(entries.getFirst());
    var words = new Words(entries);
    if (words.most > MOST_WORDS) {
      return tooLong(stream, entries);
    }
    boolean renew = write || first / RENEW != (first + entries.size() - 1) / RENEW || first == 1;
    var args = new ArrayList<byte[]>(7 + entries.size() * (words.most + 1));
    args.add(number(first));
    args.add(number(dedup.window()));
    args.add(number(dedup.known() ? 1 : 0));
    args.add(number(RING.toMillis()));
    args.add(number(renew ? 1 : 0));
    args.add(number(entries.size()));
    args.add(number(words.even ? words.most : 0));
    words.addTo(args, !words.even);
    return call(
        line,
        bySequence,
        stream,
        new String[] {stream, Keys.sent(stream, dedup.producer())},
        args,
        entries.size());
  }

  /** Appends entries whose ids their senders chose. */
  CompletionStage<List<Appended>> named(
      AppendLine line, String stream, List<Entry> entries, Dedup.ById dedup, boolean write) {
    var slices = new ArrayList<CompletionStage<List<Appended>>>();
    for (int from = 0; from < entries.size(); from += SLICE) {
      var slice = entries.subList(from, Math.min(entries.size(), from + SLICE));
      var words = new Words(slice);
      if (words.most > MOST_WORDS) {
        slices.add(tooLong(stream, slice));
        continue;
      }
      var keys = new String[slice.size() + 2];
      keys[0] = stream;
      keys[1] = Keys.ids(stream);
      for (int i = 0; i < slice.size(); i++) {
        keys[i + 2] = Keys.id(stream, slice.get(i).id().orElse(""));
      }
      var args = new ArrayList<byte[]>(3 + slice.size() * (words.most + 1));
      args.add(number(dedup.window().toMillis()));
      args.add(EntryWire.utf8(generations + "." + generation.incrementAndGet()));
      args.add(number(write ? 1 : 0));
      words.addTo(args, true);
      slices.add(call(line, byId, stream, keys, args, slice.size()));
    }
    return joined(slices, entries.size());
  }

  private static CompletionStage<List<Appended>> call(
      AppendLine line,
      Script script,
      String stream,
      String[] keys,
      List<byte[]> args,
      int entries) {
    CompletionStage<List<byte[]>> answer =
        Scripts.run(
            line.commands(), script, ScriptOutputType.MULTI, keys, args.toArray(byte[][]::new));
    return answer.handle(
        (outcomes, error) -> {
          if (outcomes == null || outcomes.size() != entries) {
            return Collections.nCopies(entries, PlainAppend.failure(stream, error));
          }
          return outcomes.stream()
              .map(outcome -> outcome(stream, new String(outcome, StandardCharsets.UTF_8)))
              .toList();
        });
  }

  private static Appended outcome(String stream, String told) {
    return switch (told.charAt(0)) {
      case '=' -> new Appended.At(new Position(told.substring(1)), true);
      case '<' -> new Appended.Forgotten("the producer's window was overrun");
      case '!' -> new Appended.Forgotten("the server remembers nothing of the producer any more");
      case '-' ->
          new Appended.Failed(
              RedisErrors.translate(
                  "send", stream, new RedisCommandExecutionException(told.substring(1))));
      default -> new Appended.At(new Position(told), false);
    };
  }

  private static CompletionStage<List<Appended>> tooLong(String stream, List<Entry> entries) {
    return CompletableFuture.completedStage(
        Collections.nCopies(
            entries.size(),
            new Appended.Failed(
                new MessageTooLargeException(
                    stream,
                    "a message has more than "
                        + MOST_WORDS / 2
                        + " fields, which an idempotent send cannot carry"))));
  }

  private static CompletionStage<List<Appended>> joined(
      List<CompletionStage<List<Appended>>> slices, int size) {
    if (slices.size() == 1) {
      return slices.getFirst();
    }
    CompletionStage<List<Appended>> all = CompletableFuture.completedStage(new ArrayList<>(size));
    for (var slice : slices) {
      all =
          all.thenCombine(
              slice,
              (done, next) -> {
                done.addAll(next);
                return done;
              });
    }
    return all;
  }

  private static byte[] number(long value) {
    return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
  }

  /** The words of XADD for some entries. */
  private static final class Words {
    private final List<List<byte[]>> all;
    private final int most;
    private final boolean even;

    Words(List<Entry> entries) {
      all = new ArrayList<>(entries.size());
      int longest = 0;
      int shortest = Integer.MAX_VALUE;
      for (Entry entry : entries) {
        var words = new ArrayList<byte[]>(8);
        EntryWire.write(
            entry,
            (name, value) -> {
              words.add(EntryWire.utf8(name));
              words.add(value);
            });
        longest = Math.max(longest, words.size());
        shortest = Math.min(shortest, words.size());
        all.add(words);
      }
      most = longest;
      even = longest == shortest;
    }

    void addTo(List<byte[]> args, boolean counted) {
      for (List<byte[]> words : all) {
        if (counted) {
          args.add(number(words.size()));
        }
        args.addAll(words);
      }
    }
  }
}
