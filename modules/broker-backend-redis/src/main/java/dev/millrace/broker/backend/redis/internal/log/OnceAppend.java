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
import io.lettuce.core.protocol.CommandArgs;
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
    String ring = Keys.sent(stream, dedup.producer());
    var answer =
        line.run(
            bySequence,
            args ->
                words.addTo(
                    args.add(2)
                        .addKey(stream)
                        .addKey(ring)
                        .add(first)
                        .add(dedup.window())
                        .add(dedup.known() ? 1 : 0)
                        .add(RING.toMillis())
                        .add(renew ? 1 : 0)
                        .add(entries.size())
                        .add(words.even ? words.most : 0),
                    !words.even));
    return outcomes(stream, answer, entries.size());
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
      String named = generations + "." + generation.incrementAndGet();
      var answer =
          line.run(
              byId,
              args -> {
                args.add(slice.size() + 2L).addKey(stream).addKey(Keys.ids(stream));
                slice.forEach(entry -> args.addKey(Keys.id(stream, entry.id().orElse(""))));
                args.add(dedup.window().toMillis()).add(named).add(write ? 1 : 0);
                return words.addTo(args, true);
              });
      slices.add(outcomes(stream, answer, slice.size()));
    }
    return joined(slices, entries.size());
  }

  private static CompletionStage<List<Appended>> outcomes(
      String stream, CompletionStage<List<String>> answer, int entries) {
    return answer.handle(
        (told, error) -> {
          if (told == null || told.size() != entries) {
            return Collections.nCopies(entries, PlainAppend.failure(stream, error));
          }
          var all = new ArrayList<Appended>(entries);
          told.forEach(each -> all.add(outcome(stream, each)));
          return all;
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

  /** The words of XADD for some entries. */
  private static final class Words {
    private final List<Entry> entries;
    private final int most;
    private final boolean even;

    Words(List<Entry> entries) {
      this.entries = entries;
      int longest = 0;
      int shortest = Integer.MAX_VALUE;
      for (Entry entry : entries) {
        int words = count(entry);
        longest = Math.max(longest, words);
        shortest = Math.min(shortest, words);
      }
      most = longest;
      even = longest == shortest;
    }

    private static int count(Entry entry) {
      return 2 * EntryWire.size(entry);
    }

    CommandArgs<String, byte[]> addTo(CommandArgs<String, byte[]> args, boolean counted) {
      for (Entry entry : entries) {
        if (counted) {
          args.add(count(entry));
        }
        EntryWire.write(entry, (name, value) -> args.addKey(name).addValue(value));
      }
      return args;
    }
  }
}
