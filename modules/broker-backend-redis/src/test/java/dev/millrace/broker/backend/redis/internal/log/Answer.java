package dev.millrace.broker.backend.redis.internal.log;

import io.lettuce.core.RedisFuture;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The answer to a command; the test gives it. */
final class Answer<T> extends CompletableFuture<T> implements RedisFuture<T> {
  static <T> Answer<T> failed(Throwable error) {
    var answer = new Answer<T>();
    answer.completeExceptionally(error);
    return answer;
  }

  @Override
  public @Nullable String getError() {
    return isCompletedExceptionally() ? exceptionNow().getMessage() : null;
  }

  @Override
  public boolean await(long timeout, TimeUnit unit) {
    return await(Duration.of(timeout, unit.toChronoUnit()));
  }

  private boolean await(Duration limit) {
    orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS).exceptionally(late -> null).join();
    return isDone();
  }
}
