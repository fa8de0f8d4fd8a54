package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A key that went while it was looked at, or is of another type, is not there. */
final class Absent {
  private Absent() {}

  /** What was asked of a key; where Redis says that there is no such key, this instead. */
  static <T> CompletionStage<T> or(T nothing, CompletionStage<T> asked) {
    return asked.exceptionallyCompose(
        error ->
            isAbsent(RedisErrors.unwrap(error))
                ? CompletableFuture.completedStage(nothing)
                : CompletableFuture.failedStage(error));
  }

  private static boolean isAbsent(Throwable error) {
    return error instanceof RedisCommandExecutionException
        && (RedisErrors.codeOf(error).equals("WRONGTYPE")
            || String.valueOf(error.getMessage()).contains("no such key"));
  }
}
