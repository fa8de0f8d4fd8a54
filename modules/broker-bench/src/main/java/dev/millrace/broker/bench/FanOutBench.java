package dev.millrace.broker.bench;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Events published to ten subscribers on one server, beside a hand-written Lettuce loop, in turns:
 * on one connection, as one process has it, and on ten, as ten processes do; with a virtual thread
 * for each event, and in order. Counted until all ten have handled the last one. The medians, in
 * events per second, and their ratios are printed.
 *
 * <p>{@code FanOutBench URL [events] [rounds]}; the server's keys are deleted by nobody.
 */
public final class FanOutBench {
  static final int SUBSCRIBERS = 10;

  /** No more are under way, over all, than each subscriber has room for. */
  static final int BUFFER = 10_000;

  private static final int WINDOW = BUFFER / SUBSCRIBERS;
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final Map<String, List<Double>> rates = new LinkedHashMap<>();

  private FanOutBench() {}

  /** Handles a payload. */
  interface Handler {
    void handle(byte[] payload);
  }

  private interface Publisher {
    void publish(byte[] payload);
  }

  /** Counts what its handlers were given. */
  private static final class Counted implements Handler {
    private final LongAdder count = new LongAdder();

    @Override
    public void handle(byte[] payload) {
      if (payload.length != 100) {
        throw new IllegalArgumentException("a payload of " + payload.length + " bytes");
      }
      count.increment();
    }
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: FanOutBench URL [events] [rounds]");
      System.exit(2);
    }
    int events = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    var bench = new FanOutBench();
    for (boolean oneConnection : new boolean[] {true, false}) {
      for (boolean inOrder : new boolean[] {false, true}) {
        bench.compare(args[0], oneConnection, inOrder, events, rounds);
      }
    }
    bench.print();
  }

  private void compare(String url, boolean oneConnection, boolean inOrder, int events, int rounds)
      throws Exception {
    String work =
        (oneConnection ? "1 connection, " : "10 connections, ")
            + (inOrder ? "in order" : "a thread each");
    var byLoop = new Counted();
    var byMillrace = new Counted();
    var brokers = new ArrayList<Broker>();
    String channel = "bench.fan-out." + oneConnection + "." + inOrder;
    try (var loop = new LettuceFanOut(url, channel + ".loop");
        Broker publisher = broker(url)) {
      loop.subscribe(SUBSCRIBERS, oneConnection, inOrder, byLoop);
      for (int i = 0; i < SUBSCRIBERS; i++) {
        if (i == 0 || !oneConnection) {
          brokers.add(broker(url));
        }
        brokers
            .getLast()
            .onEvent(
                SubscriptionConfig.channel(channel).inOrder(inOrder).buffer(BUFFER).build(),
                TypeRef.of(byte[].class),
                byMillrace::handle);
      }
      brokers.forEach(Broker::start);
      Publisher millrace =
          payload -> {
            var unused = publisher.publishAsync(channel, payload);
          };
      for (int round = 0; round <= rounds; round++) { // round 0 warms up
        boolean loopFirst = round % 2 == 0;
        for (int turn = 0; turn < 2; turn++) {
          boolean theLoop = loopFirst == (turn == 0);
          double rate =
              theLoop
                  ? rate("lettuce", loop::publish, byLoop, events)
                  : rate("millrace", millrace, byMillrace, events);
          if (round > 0) {
            rates
                .computeIfAbsent(
                    work + (theLoop ? "/lettuce" : "/millrace"), k -> new ArrayList<>())
                .add(rate);
          }
        }
      }
    } finally {
      brokers.forEach(Broker::close);
    }
  }

  private static Broker broker(String url) {
    return Broker.connect(url, b -> b.codec(new Bytes()));
  }

  private static double rate(String who, Publisher publisher, Counted handled, int events) {
    byte[] payload = "x".repeat(100).getBytes(StandardCharsets.UTF_8);
    long before = handled.count.sum();
    long begun = System.nanoTime();
    for (int i = 1; i <= events; i++) {
      publisher.publish(payload);
      if (i % 64 == 0) {
        await(who, handled, before + (long) SUBSCRIBERS * (i - WINDOW), begun);
      }
    }
    await(who, handled, before + (long) SUBSCRIBERS * events, begun);
    return events * 1e9 / (System.nanoTime() - begun);
  }

  private static void await(String who, Counted handled, long count, long begun) {
    while (handled.count.sum() < count) {
      if (System.nanoTime() - begun > PATIENCE_NANOS) {
        throw new IllegalStateException(
            who + " has lost an event: " + handled.count.sum() + " of " + count + " were handled");
      }
      LockSupport.parkNanos(50_000);
    }
  }

  private void print() {
    System.out.printf(
        Locale.ROOT, "%-32s %10s %10s %8s%n", "to 10", "Lettuce/s", "Millrace/s", "ratio");
    rates.keySet().stream()
        .map(key -> key.substring(0, key.indexOf('/')))
        .distinct()
        .forEach(
            work -> {
              double lettuce = median(work + "/lettuce");
              double millrace = median(work + "/millrace");
              System.out.printf(
                  Locale.ROOT,
                  "%-32s %10.0f %10.0f %8.2f%n",
                  work,
                  lettuce,
                  millrace,
                  millrace / lettuce);
            });
  }

  private double median(String key) {
    List<Double> sorted = rates.getOrDefault(key, List.of(Double.NaN)).stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
