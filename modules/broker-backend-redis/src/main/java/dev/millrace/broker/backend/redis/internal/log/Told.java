package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What a script that appends tells of each entry, see the headers of these scripts. */
final class Told {
  private Told() {}

  static CompletionStage<List<Appended>> outcomes(
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
    String rest = told.substring(1);
    return switch (told.charAt(0)) {
      case '=' -> new Appended.At(position(rest), true);
      case '>' -> new Appended.Spilled(position(rest), false);
      case '~' -> new Appended.Spilled(position(rest), true);
      case '#' -> new Appended.Full(Long.parseLong(rest));
      case '^' -> new Appended.OutOfLine(Long.parseLong(rest));
      case '@' -> new Appended.Behind(Long.parseLong(rest));
      case '<' -> new Appended.Forgotten("the producer's window was overrun");
      case '!' -> new Appended.Forgotten("the server remembers nothing of the producer any more");
      case '-' ->
          new Appended.Failed(
              RedisErrors.translate("send", stream, new RedisCommandExecutionException(rest)));
      default -> new Appended.At(new Position(told), false);
    };
  }

  private static Position position(String id) {
    return id.isEmpty() ? Position.UNKNOWN : new Position(id);
  }

  /** The outcomes of slices as those of the whole. */
  static CompletionStage<List<Appended>> joined(
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
}
