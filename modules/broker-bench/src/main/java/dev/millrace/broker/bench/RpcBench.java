package dev.millrace.broker.bench;

import dev.millrace.broker.api.Broker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

/**
 * Request and reply on one server in turns, beside a hand-written Lettuce loop that keeps its
 * results too: one call at a time, and 100 in flight. The medians and their ratios are printed.
 *
 * <p>{@code RpcBench URL [calls] [rounds]}; the server's keys are deleted by nobody.
 */
public final class RpcBench {
  private static final int THREADS = 100;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Map<String, List<Double>> rates = new LinkedHashMap<>();

  private RpcBench() {}

  private interface Caller {
    void call() throws Exception;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: RpcBench URL [calls] [rounds]");
      System.exit(2);
    }
    int calls = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    new RpcBench().compare(args[0], calls, rounds);
  }

  private void compare(String url, int calls, int rounds) throws Exception {
    byte[] payload = "x".repeat(100).getBytes(StandardCharsets.UTF_8);
    try (var loop = new LettuceRpc(url, "bench:rpc-loop");
        Broker server = broker(url);
        Broker client = broker(url)) {
      server.onRequest("ECHO", byte[].class, query -> query);
      server.start();
      Caller byLoop = () -> loop.call(payload);
      Caller byMillrace = () -> client.request("ECHO", payload, byte[].class, TIMEOUT);
      for (int round = 0; round <= rounds; round++) { // round 0 warms up
        boolean loopFirst = round % 2 == 0;
        for (int turn = 0; turn < 2; turn++) {
          boolean theLoop = loopFirst == (turn == 0);
          String who = theLoop ? "lettuce" : "millrace";
          Caller caller = theLoop ? byLoop : byMillrace;
          alone("alone/" + who, calls / 10, caller);
          inFlight("in flight/" + who, calls, caller);
        }
        if (round == 0) {
          rates.clear();
        }
      }
    }
    print();
  }

  private static Broker broker(String url) {
    return Broker.connect(url, b -> b.stream("bench:rpc").maxRequests(THREADS).codec(new Bytes()));
  }

  private void alone(String what, int count, Caller caller) throws Exception {
    long begun = System.nanoTime();
    for (int i = 0; i < count; i++) {
      caller.call();
    }
    note(what, count, begun);
  }

  private void inFlight(String what, int count, Caller caller) throws Exception {
    long begun = System.nanoTime();
    Callable<Boolean> work =
        () -> {
          for (int i = 0; i < count / THREADS; i++) {
            caller.call();
          }
          return true;
        };
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var ended : pool.invokeAll(Collections.nCopies(THREADS, work))) {
        ended.get();
      }
    }
    note(what, count, begun);
  }

  private void note(String what, int count, long begun) {
    double rate = count * 1e9 / (System.nanoTime() - begun);
    rates.computeIfAbsent(what, k -> new ArrayList<>()).add(rate);
  }

  private void print() {
    System.out.printf(
        Locale.ROOT, "%-10s %10s %10s %8s%n", "calls", "Lettuce/s", "Millrace/s", "ratio");
    for (String work : List.of("alone", "in flight")) {
      double lettuce = median(work + "/lettuce");
      double millrace = median(work + "/millrace");
      System.out.printf(
          Locale.ROOT, "%-10s %10.0f %10.0f %8.2f%n", work, lettuce, millrace, millrace / lettuce);
    }
  }

  private double median(String key) {
    List<Double> sorted = rates.getOrDefault(key, List.of(Double.NaN)).stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
