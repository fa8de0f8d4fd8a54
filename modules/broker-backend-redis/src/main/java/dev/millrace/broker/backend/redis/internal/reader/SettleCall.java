package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Settled;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** One call of {@code settle}: completes when the last of its settlements is known. */
final class SettleCall extends AtomicInteger implements Answer {
  private static final long serialVersionUID = 1L;

  private final transient Settled[] results;
  private final transient CompletableFuture<List<Settled>> stage = new CompletableFuture<>();

  private final transient Member member;

  SettleCall(Member member, int size) {
    super(size);
    this.member = member;
    results = new Settled[size];
  }

  /** The counter publishes the results to whoever is last. */
  @Override
  public void done(int index, Settled result) {
    results[index] = result;
    if (decrementAndGet() == 0) {
      stage.complete(Arrays.asList(results));
      member.settleCallEnded();
    }
  }

  CompletionStage<List<Settled>> stage() {
    return stage;
  }
}
