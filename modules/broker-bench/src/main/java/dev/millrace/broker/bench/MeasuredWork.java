package dev.millrace.broker.bench;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.Telemetry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Work that is done with metrics on and with metrics off.
 *
 * @param maker of those who do it, each with a manager of its own
 */
record MeasuredWork(String label, Maker maker) {
  static final List<MeasuredWork> ALL =
      List.of(
          new MeasuredWork("send one by one", sending(MillraceContestant::sendOneByOne)),
          new MeasuredWork("send bulk", sending(MillraceContestant::sendBulk)),
          new MeasuredWork(
              "send, 100 threads",
              sending((by, stream, count) -> by.sendFromThreads(stream, count, 100))),
          new MeasuredWork("consume, 1 handler", consuming(1)),
          new MeasuredWork("consume, 10 handlers", consuming(10)),
          new MeasuredWork("publish and hear events", MeasuredWork::events),
          new MeasuredWork("requests alone", (url, measures) -> requests(url, measures, 1)),
          new MeasuredWork(
              "requests, 100 in flight", (url, measures) -> requests(url, measures, 100)));

  /** Counts are multiples of it, as so many threads share them. */
  static final int STEP = 100;

  private static final byte[] PAYLOAD = "x".repeat(100).getBytes(StandardCharsets.UTF_8);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int WINDOW = 1_000;

  /** Whoever does it, over and over. */
  interface Worker extends AutoCloseable {
    /** Brings about what there has to be before it can be done so often; not measured. */
    default void prepare(int count) throws Exception {}

    void work(int count) throws Exception;

    @Override
    void close();
  }

  interface Maker {
    /** New, with metrics or without; its server is empty. */
    Worker worker(String url, boolean measures);
  }

  private interface OnStream {
    void work(MillraceContestant by, String stream, int count) throws Exception;
  }

  private static Maker sending(OnStream sending) {
    return (url, measures) -> new Streams(url, measures, (by, stream, count) -> {}, sending);
  }

  private static Maker consuming(int handlers) {
    return (url, measures) ->
        new Streams(
            url,
            measures,
            MillraceContestant::sendBulk,
            (by, stream, count) -> by.consume(stream, count, handlers, false));
  }

  /** Each time on a stream of its own. */
  private static final class Streams implements Worker {
    private final MillraceContestant contestant;
    private final OnStream before;
    private final OnStream work;
    private int times;

    Streams(String url, boolean measures, OnStream before, OnStream work) {
      this.contestant = MillraceContestant.measuring(url, PAYLOAD, SendPolicy.plain(), measures);
      this.before = before;
      this.work = work;
    }

    @Override
    public void prepare(int count) throws Exception {
      before.work(contestant, "bench:metrics-" + ++times, count);
    }

    @Override
    public void work(int count) throws Exception {
      work.work(contestant, "bench:metrics-" + times, count);
    }

    @Override
    public void close() {
      contestant.close();
    }
  }

  private static Broker broker(String url, boolean measures) {
    return Broker.connect(
        url,
        settings -> {
          settings.codec(new Bytes()).stream("bench:metrics").maxRequests(STEP);
          if (!measures) {
            settings.telemetry(Telemetry.none());
          }
        });
  }

  private static Worker events(String url, boolean measures) {
    Broker broker = broker(url, measures);
    var heard = new LongAdder();
    var hears = SubscriptionConfig.channel("bench.metrics").buffer(2 * WINDOW).build();
    broker.onEvent(hears, TypeRef.of(byte[].class), event -> heard.increment());
    broker.start();
    return new Worker() {
      private long published;

      @Override
      public void work(int count) {
        long begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
          var unused = broker.publishAsync("bench.metrics", PAYLOAD);
          published++;
          if (published % STEP == 0) {
            await(published - WINDOW, begun);
          }
        }
        await(published, begun);
      }

      private void await(long count, long begun) {
        while (heard.sum() < count) {
          if (System.nanoTime() - begun > PATIENCE.toNanos()) {
            throw new IllegalStateException(heard + " events were heard, and not " + count);
          }
          LockSupport.parkNanos(50_000);
        }
      }

      @Override
      public void close() {
        broker.close();
      }
    };
  }

  private static Worker requests(String url, boolean measures, int inFlight) {
    Broker broker = broker(url, measures);
    broker.onRequest("ECHO", byte[].class, query -> query);
    broker.start();
    return new Worker() {
      @Override
      public void work(int count) throws InterruptedException, ExecutionException {
        Callable<Boolean> calls =
            () -> {
              for (int i = 0; i < count / inFlight; i++) {
                broker.request("ECHO", PAYLOAD, byte[].class, PATIENCE);
              }
              return true;
            };
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
          for (var ended : callers.invokeAll(Collections.nCopies(inFlight, calls))) {
            ended.get();
          }
        }
      }

      @Override
      public void close() {
        broker.close();
      }
    };
  }
}
