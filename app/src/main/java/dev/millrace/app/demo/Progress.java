package dev.millrace.app.demo;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/** Shows how far a run is, several times a second on a terminal, else once a second. */
final class Progress implements AutoCloseable {
  private final Screen screen;
  private final LongSupplier handled;
  private final LongFunction<String> line;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;

  /**
   * Starts.
   *
   * @param handled what the rate is of
   * @param line the text for a rate a second
   */
  Progress(Screen screen, LongSupplier handled, LongFunction<String> line) {
    this.screen = screen;
    this.handled = handled;
    this.line = line;
    this.thread = Thread.ofVirtual().name("progress").start(this::show);
  }

  private void show() {
    var pause = screen.terminal() ? Duration.ofMillis(200) : Duration.ofSeconds(1);
    long before = handled.getAsLong();
    long since = System.nanoTime();
    try {
      while (!ended.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        long now = System.nanoTime();
        long count = handled.getAsLong();
        screen.progress(line.apply((count - before) * 1_000_000_000L / (now - since)));
        before = count;
        since = now;
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      thread.join();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    screen.endProgress();
  }
}
