package dev.millrace.app.demo;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.SendResult;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Sends to one producer, with a bounded number of messages under way, and writes down each id that
 * was accepted. While the backend cannot be reached a message that was not sent is tried again.
 * Thread-safe.
 */
final class Outbox implements Closeable {
  private static final int UNDER_WAY = 1_000;
  private static final Duration PAUSE = Duration.ofMillis(250);

  private final IdFile accepted;
  private final IdFile unclear;
  private final Duration keepTrying;
  private final Consumer<String> complaints;
  private final Semaphore slots = new Semaphore(UNDER_WAY);
  private final AtomicLong refused = new AtomicLong();

  Outbox(Path accepted, Path unclear, Duration keepTrying, Consumer<String> complaints)
      throws IOException {
    this.accepted = new IdFile(accepted);
    this.unclear = new IdFile(unclear);
    this.keepTrying = keepTrying;
    this.complaints = complaints;
  }

  /** Sends, after waiting for a free slot. */
  void send(Supplier<CompletableFuture<SendResult>> message) throws InterruptedException {
    slots.acquire();
    attempt(message, System.nanoTime());
  }

  /** Waits until every message is accepted or refused. */
  void flush() throws InterruptedException {
    slots.acquire(UNDER_WAY);
    slots.release(UNDER_WAY);
  }

  long acceptedCount() {
    return accepted.count();
  }

  long refusedCount() {
    return refused.get();
  }

  long unclearCount() {
    return unclear.count();
  }

  private void attempt(Supplier<CompletableFuture<SendResult>> message, long since) {
    CompletableFuture<SendResult> sent;
    try {
      sent = message.get();
    } catch (BrokerException atOnce) {
      sent = CompletableFuture.failedFuture(atOnce);
    }
    var unused = sent.whenComplete((result, error) -> answered(message, since, result, error));
  }

  private void answered(
      Supplier<CompletableFuture<SendResult>> message,
      long since,
      SendResult result,
      Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (cause instanceof BackendUnavailableException
        && System.nanoTime() - since < keepTrying.toNanos()) {
      again(message, since);
      return;
    }
    try {
      settle(result, cause);
    } catch (UncheckedIOException notWrittenDown) {
      complain(refused.incrementAndGet(), notWrittenDown);
    } finally {
      slots.release();
    }
  }

  private void again(Supplier<CompletableFuture<SendResult>> message, long since) {
    Thread.startVirtualThread(
        () -> {
          try {
            Thread.sleep(PAUSE);
            attempt(message, since);
          } catch (InterruptedException stopped) {
            refused.incrementAndGet();
            slots.release();
          }
        });
  }

  private void settle(SendResult result, Throwable cause) {
    if (cause == null) {
      accepted.add(result.id());
    } else if (cause instanceof AmbiguousSendException ambiguous) {
      unclear.add(ambiguous.id());
      complain(unclear.count(), cause);
    } else {
      complain(refused.incrementAndGet(), cause);
    }
  }

  /** A server that is away would fill the screen: the first few say it all. */
  private void complain(long count, Throwable cause) {
    if (count <= 3) {
      complaints.accept(String.valueOf(cause.getMessage()));
    }
  }

  @Override
  public void close() throws IOException {
    try (accepted) {
      unclear.close();
    }
  }
}
