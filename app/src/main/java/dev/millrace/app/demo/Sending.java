package dev.millrace.app.demo;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Reads orders and sends each to both streams, through the two named producers. */
final class Sending implements Closeable {
  static final String ORDER_TYPE = "order.placed";
  private static final Duration KEEP_TRYING = Duration.ofSeconds(60);
  private static final int BAD_LINES_SHOWN = 10;

  private final OrderReader reader;
  private final Screen screen;
  private final PrintWriter badLines;
  private final Outbox orders;
  private final Outbox audit;
  private final Producer orderProducer;
  private final Producer auditProducer;
  private final SendOptions options;
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong bad = new AtomicLong();
  private final Consumer<Order> besides;
  private volatile boolean stopped;

  /**
   * Ready to send.
   *
   * @param besides told of each order after it was sent; does not wait
   */
  Sending(
      StreamManager streams,
      DemoStreams names,
      RunDirectory run,
      OrderInput input,
      long count,
      Consumer<Order> besides,
      Screen screen)
      throws IOException {
    this.besides = besides;
    this.screen = screen;
    this.badLines = new PrintWriter(Files.newBufferedWriter(run.badLines()));
    this.reader = new OrderReader(input, count, this::badLine);
    this.orderProducer = streams.createSimpleProducer(Handling.ORDERS, names.orders());
    this.auditProducer = streams.createSimpleProducer(Handling.AUDIT, names.audit());
    this.orders = outbox(run, Handling.ORDERS);
    this.audit = outbox(run, Handling.AUDIT);
    this.options = SendOptions.none().header(Handling.RUN_HEADER, run.runId());
  }

  private Outbox outbox(RunDirectory run, String kind) throws IOException {
    return new Outbox(run.accepted(kind), run.unclear(kind), KEEP_TRYING, screen::note);
  }

  /** Starts sending; the future ends with the input, or after {@link #stop()}. */
  CompletableFuture<Void> start() {
    var done = new CompletableFuture<Void>();
    // A read of standard input cannot be ended, so this thread must not keep the process alive.
    Thread.ofPlatform()
        .daemon()
        .name("sender")
        .start(
            () -> {
              try {
                run();
                done.complete(null);
              } catch (Exception | Error failed) {
                done.completeExceptionally(failed);
              }
            });
    return done;
  }

  private void run() throws IOException, InterruptedException {
    try (reader) {
      for (Order order = reader.next(); order != null && !stopped; order = reader.next()) {
        read.incrementAndGet();
        send(order);
      }
    }
  }

  private void send(Order order) throws InterruptedException {
    orders.send(() -> orderProducer.sendPayloadAsync(ORDER_TYPE, order, options));
    var entry = Fields.of("event", "placed", "order", order.id(), "cents", order.cents());
    audit.send(() -> auditProducer.sendAsync(entry, options));
    besides.accept(order);
  }

  /** Takes nothing more from the input. */
  void stop() {
    stopped = true;
  }

  /** Waits for the answers to all that was sent. */
  void flush() throws InterruptedException {
    orders.flush();
    audit.flush();
  }

  private void badLine(long line, String reason) {
    badLines.println("line " + line + ": " + reason);
    long count = bad.incrementAndGet();
    if (count <= BAD_LINES_SHOWN) {
      screen.note("line " + line + ": " + reason);
    } else if (count == BAD_LINES_SHOWN + 1) {
      screen.note("more bad lines are written to bad-lines.txt");
    }
  }

  long read() {
    return read.get();
  }

  long bad() {
    return bad.get();
  }

  Outbox orders() {
    return orders;
  }

  Outbox audit() {
    return audit;
  }

  @Override
  public void close() throws IOException {
    badLines.close();
    try (orders) {
      audit.close();
    }
  }
}
