package dev.millrace.app;

import dev.millrace.broker.api.BrokerException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Sends one JSON value a line and tells what was accepted, in the order of the lines. At most 1,000
 * lines are under way. Used by one thread.
 *
 * @param <R> what the backend says to a value
 */
final class LineSender<R> implements AutoCloseable {
  private static final int UNDER_WAY = 1000;

  private final Function<JsonNode, CompletableFuture<R>> send;
  private final Consumer<? super R> accepted;
  private final PrintWriter out;
  private final PrintWriter err;
  private final BlockingQueue<Sent<R>> queue = new ArrayBlockingQueue<>(UNDER_WAY);
  private final Thread printer;
  private long lines;
  // Written by the printer alone, read after it has ended.
  private long failedSends;
  private long badLines;

  private record Sent<R>(long line, CompletableFuture<R> result) {}

  private static final long END = -1;

  /**
   * Ready for the first line.
   *
   * @param accepted told of each value that was accepted, on one thread; may write to {@code out}
   */
  LineSender(
      Function<JsonNode, CompletableFuture<R>> send,
      Consumer<? super R> accepted,
      PrintWriter out,
      PrintWriter err) {
    this.send = send;
    this.accepted = accepted;
    this.out = out;
    this.err = err;
    this.printer = Thread.ofVirtual().name("answers").start(this::print);
  }

  /** Sends all lines of a text in UTF-8, waits for all answers and says how many lines failed. */
  long lines(InputStream text) throws IOException {
    var in = new BufferedReader(new InputStreamReader(text, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      line(line);
    }
    return finish();
  }

  void line(String text) {
    lines++;
    if (text.isBlank()) {
      return;
    }
    try {
      put(new Sent<>(lines, send.apply(JsonText.parse(text))));
    } catch (JacksonException notJson) {
      badLines++;
      complain(lines, "not JSON, skipped: " + JsonText.reason(notJson));
    } catch (BrokerException refused) {
      badLines++;
      complain(lines, Failures.oneLine(refused.getMessage()));
    }
  }

  /** Waits for all answers and says how many lines failed. */
  long finish() {
    close();
    return badLines + failedSends;
  }

  @Override
  public void close() {
    if (printer.isAlive()) {
      put(new Sent<>(END, new CompletableFuture<>()));
      try {
        printer.join();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void print() {
    try {
      for (Sent<R> sent = queue.take(); sent.line != END; sent = queue.take()) {
        try {
          accepted.accept(sent.result.join());
        } catch (CompletionException failed) {
          failedSends++;
          Throwable cause = failed.getCause() == null ? failed : failed.getCause();
          complain(sent.line, Failures.oneLine(cause.getMessage()));
        }
        if (queue.isEmpty()) {
          out.flush();
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    out.flush();
  }

  private void put(Sent<R> sent) {
    try {
      queue.put(sent);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void complain(long line, String what) {
    err.println("line " + line + ": " + what);
    err.flush();
  }
}
