package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Appends by script what its producer has numbered, each number once: one call for a list, several
 * for a long one.
 */
final class NumberedAppend {
  /** How long a producer that sends no more is remembered. */
  private static final Duration RING = Duration.ofHours(2);

  /** Its lifetime is renewed with each number that this divides. */
  private static final long RENEW = 64;

  private final Script script = Scripts.load("append-sequence");

  /**
   * Appends entries.
   *
   * @param write whether even a mere duplicate is to be a write, for a wait for replicas
   */
  CompletionStage<List<Appended>> append(
      AppendLine line,
      String stream,
      List<Entry> entries,
      Dedup.BySequence dedup,
      AppendGuard guard,
      boolean write) {
    var slices = new ArrayList<CompletionStage<List<Appended>>>();
    int most = Math.min(Words.SLICE, dedup.window());
    int from = 0;
    long after = dedup.after();
    for (int i = 1; i <= entries.size(); i++) {
      if (i == entries.size()
          || i - from == most
          || dedup.sequenceOf(entries.get(i)) != dedup.sequenceOf(entries.get(i - 1)) + 1) {
        var words = new Words(entries.subList(from, i));
        if (words.tooMany()) {
          slices.add(words.refused(stream));
        } else {
          long first = dedup.sequenceOf(entries.get(from));
          slices.add(run(line, stream, first, words, dedup.after(after), guard, write));
          // A connection may break between two slices, and the later one must not go alone.
          after = first + words.size() - 1;
        }
        from = i;
      }
    }
    return Told.joined(slices, entries.size());
  }

  private CompletionStage<List<Appended>> run(
      AppendLine line,
      String stream,
      long first,
      Words words,
      Dedup.BySequence dedup,
      AppendGuard guard,
      boolean write) {
    boolean renew = write || first / RENEW != (first + words.size() - 1) / RENEW || first == 1;
    var answer =
        line.run(
            script,
            args -> {
              args.add(guard.backup().isPresent() ? 3 : 2)
                  .addKey(stream)
                  .addKey(Keys.sent(stream, dedup.producer()));
              guard.backup().ifPresent(args::addKey);
              args.add(first)
                  .add(dedup.window())
                  .add(dedup.known() ? 1 : 0)
                  .add(RING.toMillis())
                  .add(renew ? 1 : 0)
                  .add(words.size())
                  .add(words.even ? words.most : 0)
                  .add(GuardedAppend.limit(guard))
                  .add(dedup.after());
              return words.addTo(args, !words.even);
            });
    return Told.outcomes(stream, answer, words.size());
  }
}
