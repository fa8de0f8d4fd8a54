package dev.millrace.app.demo;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.StreamManager;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** One run of the demo, from the first producer to the summary. Runs once. */
final class DemoRun {
  private static final Duration SHUTDOWN = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = 50_000_000;

  private final DemoSettings settings;
  private final RunDirectory run;
  private final Screen screen;
  private final DemoStreams names;
  private final CompletableFuture<Void> stop;

  /**
   * A run.
   *
   * @param stop when it completes no more input is taken, and what was accepted is still handled
   */
  DemoRun(DemoSettings settings, RunDirectory run, Screen screen, CompletableFuture<Void> stop) {
    this.settings = settings;
    this.run = run;
    this.screen = screen;
    this.stop = stop;
    this.names = DemoStreams.named(settings.prefix(), settings.group());
  }

  /** Runs to the end and returns the exit code. */
  int run() throws IOException, InterruptedException {
    var config =
        BrokerConfig.builder()
            .appName("millrace-demo")
            .consumerGroup(settings.group())
            .shutdownDeadline(SHUTDOWN)
            .build();
    boolean well;
    EventCount heard;
    CallCount answered;
    DrainReport report;
    try (var handling = new Handling(run, settings.work());
        var streams = StreamManager.connect(settings.url(), config)) {
      var events = new DemoEvents(streams, names.channel(), run.runId());
      var calls = new DemoCalls(streams, names.orders().name());
      try (var sending = sending(streams, events, calls)) {
        handling.start(streams, names, settings.group(), settings.concurrency());
        screen.print("Components, of " + settings.url().replaceAll("//[^@/]*@", "//"));
        screen.print(Table.of(streams.components()).toString());
        well = work(streams, sending, handling);
        heard = events.await();
        answered = calls.await();
        printInput(sending, handling);
        report = streams.shutdown(SHUTDOWN);
      }
    }
    screen.print("Shutdown: " + report + "\n");
    run.finish();
    Summary summary = Summary.of(run);
    summary.print(screen, names, run.path());
    Besides besides = new Besides(names, heard, answered);
    besides.print(screen);
    return well && report.clean() && summary.exact() && besides.exact() ? 0 : 1;
  }

  private Sending sending(StreamManager streams, DemoEvents events, DemoCalls calls)
      throws IOException {
    return new Sending(
        streams,
        names,
        run,
        settings.input(),
        settings.count(),
        order -> {
          events.placed(order);
          calls.placed(order);
        },
        screen);
  }

  /** Sends, restarts a consumer meanwhile, and waits until all is handled. */
  private boolean work(StreamManager streams, Sending sending, Handling handling)
      throws IOException, InterruptedException {
    try (var progress = new Progress(screen, handling::handledOrders, rate(sending, handling))) {
      CompletableFuture<Void> sent = sending.start();
      CompletableFuture<Void> restarted = restart(streams, sending, sent);
      boolean well = ended(CompletableFuture.anyOf(sent, stop), "Reading the input");
      if (stop.isDone() && !sent.isDone()) {
        screen.note("Stopping: no more input is taken, what was accepted is handled.");
        sending.stop();
        lastOrder(sent);
      }
      sending.flush();
      well &= ended(restarted, "Restarting a consumer");
      awaitHandled(sending);
      return well && sending.orders().refusedCount() + sending.audit().refusedCount() == 0;
    }
  }

  /** The sender may be between two orders; one that waits for standard input is left alone. */
  private static void lastOrder(CompletableFuture<Void> sent) throws InterruptedException {
    try {
      sent.get(500, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException leftAlone) {
      return;
    }
  }

  /** Stops and starts the consumer of orders in the middle of the work. */
  private CompletableFuture<Void> restart(
      StreamManager streams, Sending sending, CompletableFuture<Void> sent) {
    long middle = settings.count() > 0 ? Math.max(1, settings.count() / 2) : 500;
    return CompletableFuture.runAsync(
        () -> {
          while (sending.read() < middle && !sent.isDone() && !stop.isDone()) {
            LockSupport.parkNanos(1_000_000);
          }
          DrainReport report = streams.stopConsumer(Handling.ORDER_HANDLER);
          screen.print(
              "Stopped %s after %,d orders were read: %,d messages finished, %,d handed back, %d ms"
                  .formatted(
                      Handling.ORDER_HANDLER,
                      sending.read(),
                      report.finished(),
                      report.handedBack(),
                      report.took().toMillis()));
          screen.print(Table.of(streams.components()).toString());
          streams.startConsumer(Handling.ORDER_HANDLER);
          screen.print(
              "Started it again: " + streams.consumer(Handling.ORDER_HANDLER).state() + "\n");
        },
        Thread::startVirtualThread);
  }

  private boolean ended(CompletableFuture<?> part, String what) throws InterruptedException {
    try {
      part.get();
      return true;
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause() == null ? failed : failed.getCause();
      screen.note(what + " failed: " + cause.getMessage());
      return false;
    }
  }

  /** Until the files agree, or nothing has moved for as long as patience lasts. */
  private void awaitHandled(Sending sending) throws IOException {
    var orderLines = new LineCounts();
    var auditLines = new LineCounts();
    long lines = -1;
    long moved = System.nanoTime();
    long compared = 0;
    while (System.nanoTime() - moved < settings.patience().toNanos()) {
      long orders = orderLines.count(run.handled(Handling.ORDERS));
      long audit = auditLines.count(run.handled(Handling.AUDIT));
      if (orders + audit != lines) {
        lines = orders + audit;
        moved = System.nanoTime();
      }
      boolean enough =
          orders >= sending.orders().acceptedCount() && audit >= sending.audit().acceptedCount();
      // Enough lines may hold some ids twice, and then the files do not agree yet.
      if (enough && System.nanoTime() - compared > 1_000_000_000L) {
        if (noneMissing()) {
          return;
        }
        compared = System.nanoTime();
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    screen.note(
        "Nothing was handled for " + settings.patience().toSeconds() + " s; not waiting longer.");
  }

  private boolean noneMissing() throws IOException {
    return Summary.compare(run, Handling.ORDERS).missing() == 0
        && Summary.compare(run, Handling.AUDIT).missing() == 0;
  }

  private java.util.function.LongFunction<String> rate(Sending sending, Handling handling) {
    return perSecond ->
        "handled here %,d of %,d orders, %,d of %,d audit, %,d/s"
            .formatted(
                handling.handledOrders(),
                sending.orders().acceptedCount(),
                handling.handledAudit(),
                sending.audit().acceptedCount(),
                perSecond);
  }

  private void printInput(Sending sending, Handling handling) {
    screen.print(
        "Input: %s: %,d orders read, %,d bad lines; not accepted: %,d, without an answer: %,d"
            .formatted(
                settings.input().name(),
                sending.read(),
                sending.bad(),
                sending.orders().refusedCount() + sending.audit().refusedCount(),
                sending.orders().unclearCount() + sending.audit().unclearCount()));
    // The launcher says when it began; the process is older where it had to build first.
    String started = System.getProperty("millrace.started");
    Instant first = handling.firstHandled();
    if (started != null && first != null) {
      screen.print(
          "First order handled %.1f s after the program was started"
              .formatted(first.toEpochMilli() / 1000.0 - Double.parseDouble(started)));
    }
  }
}
