package dev.millrace.broker.backend.redis.internal.reader;

import java.util.concurrent.CompletableFuture;

/** A command of a lane that has not been answered, or whose answer has not been dealt with. */
final class UnderWay {
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  void end() {
    ended.complete(null);
  }

  CompletableFuture<Void> ended() {
    return ended;
  }
}
