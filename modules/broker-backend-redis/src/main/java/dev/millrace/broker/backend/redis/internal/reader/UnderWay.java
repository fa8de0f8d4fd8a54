package dev.millrace.broker.backend.redis.internal.reader;

import java.util.concurrent.CompletableFuture;

/**
 * A command of a lane that has not been answered, or whose answer has not been dealt with. Its time
 * and what giving it up means are guarded by the hub's lock.
 */
final class UnderWay {
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final long overdueAt;
  private final Runnable givenUp;

  /**
   * One that begins now.
   *
   * @param overdueAt from when its answer may be given up, on the local monotonic clock
   * @param givenUp what to do then
   */
  UnderWay(long overdueAt, Runnable givenUp) {
    this.overdueAt = overdueAt;
    this.givenUp = givenUp;
  }

  boolean overdue(long now) {
    return now - overdueAt >= 0;
  }

  void giveUp() {
    givenUp.run();
  }

  void end() {
    ended.complete(null);
  }

  CompletableFuture<Void> ended() {
    return ended;
  }
}
