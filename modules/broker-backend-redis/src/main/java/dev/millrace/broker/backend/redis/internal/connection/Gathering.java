package dev.millrace.broker.backend.redis.internal.connection;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what one script can do for many: one call is under way at a time, and what comes
 * meanwhile goes with the next. No timer: one that is alone goes at once. Thread-safe.
 *
 * @param <T> what is gathered
 * @param <R> what becomes of each
 */
public final class Gathering<T, R> {
  /** A script blocks the server while it runs. */
  private static final int MOST = 100;

  private static final long MOST_BYTES = 256 * 1024;

  private final Queue<Waiting<T, R>> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private final ToLongFunction<T> size;
  private final Function<List<T>, CompletionStage<List<R>>> send;

  private record Waiting<T, R>(T item, CompletableFuture<R> told) {}

  /**
   * Gathers what {@code send} sends.
   *
   * @param size how many bytes one takes, about
   * @param send its result has one for each, in order
   */
  public Gathering(ToLongFunction<T> size, Function<List<T>, CompletionStage<List<R>>> send) {
    this.size = size;
    this.send = send;
  }

  /** Sends it, now or with the next call. Fails as the call does that it goes with. */
  public CompletionStage<R> add(T item) {
    var one = new Waiting<T, R>(item, new CompletableFuture<>());
    waiting.add(one);
    flush();
    return one.told;
  }

  private void flush() {
    // Looked at first: most find it busy, and a failed exchange takes the line from other cores.
    while (!waiting.isEmpty() && !busy.get() && busy.compareAndSet(false, true)) {
      var items = new ArrayList<T>();
      var told = new ArrayList<CompletableFuture<R>>();
      take(items, told);
      if (!items.isEmpty()) {
        var unused = sent(items).whenComplete((done, error) -> ended(told, done, error));
        return;
      }
      busy.set(false);
    }
  }

  private CompletionStage<List<R>> sent(List<T> items) {
    try {
      return send.apply(items);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void take(List<T> items, List<CompletableFuture<R>> told) {
    long bytes = 0;
    for (var next = waiting.peek(); next != null && items.size() < MOST; next = waiting.peek()) {
      bytes += size.applyAsLong(next.item);
      if (bytes > MOST_BYTES && !items.isEmpty()) {
        return;
      }
      waiting.remove();
      items.add(next.item);
      told.add(next.told);
    }
  }

  /** The next ones first: what the results set off may take a while. */
  private void ended(
      List<CompletableFuture<R>> told, @Nullable List<R> done, @Nullable Throwable error) {
    busy.set(false);
    flush();
    for (int i = 0; i < told.size(); i++) {
      if (done == null) {
        told.get(i).completeExceptionally(error == null ? new IllegalStateException() : error);
      } else {
        told.get(i).complete(done.get(i));
      }
    }
  }
}
