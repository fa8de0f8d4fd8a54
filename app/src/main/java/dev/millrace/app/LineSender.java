package dev.millrace.app;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.SendResult;
import java.io.PrintWriter;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Sends one JSON value a line and prints ids in the order of the lines, as each is accepted. At
 * most 1,000 lines are under way. Used by one thread.
 */
final class LineSender implements AutoCloseable {
  private static final int UNDER_WAY = 1000;

  private final Function<JsonNode, CompletableFuture<SendResult>> send;
  private final PrintWriter out;
  private final PrintWriter err;
  private final BlockingQueue<Sent> queue = new ArrayBlockingQueue<>(UNDER_WAY);
  private final Thread printer;
  private long lines;
  // Written by the printer alone, read after it has ended.
  private long failedSends;
  private long badLines;

  private record Sent(long line, CompletableFuture<SendResult> result) {}

  private static final long END = -1;

  LineSender(
      Function<JsonNode, CompletableFuture<SendResult>> send, PrintWriter out, PrintWriter err) {
    this.send = send;
    this.out = out;
    this.err = err;
    this.printer = Thread.ofVirtual().name("ids").start(this::print);
  }

  void line(String text) {
    lines++;
    if (text.isBlank()) {
      return;
    }
    try {
      put(new Sent(lines, send.apply(JsonText.parse(text))));
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
      put(new Sent(END, new CompletableFuture<>()));
      try {
        printer.join();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void print() {
    try {
      for (Sent sent = queue.take(); sent.line != END; sent = queue.take()) {
        try {
          out.println(sent.result.join().id());
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

  private void put(Sent sent) {
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
