package dev.millrace.broker.bench;

import dev.millrace.broker.api.SendPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Sending on one server in turns: the Lettuce loop, plain sends, idempotent ones, ids of the
 * caller's. The medians and their ratios are printed.
 *
 * <p>{@code SendBench URL [messages] [rounds]}; the server's streams are deleted by nobody.
 */
public final class SendBench {
  private static final int THREADS = 100;

  private final Map<String, List<Double>> rates = new LinkedHashMap<>();
  private int run;

  private SendBench() {}

  private interface Work {
    void on(String stream) throws Exception;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: SendBench URL [messages] [rounds]");
      System.exit(2);
    }
    int messages = args.length > 1 ? Integer.parseInt(args[1]) : 200_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    byte[] payload =
        ("{\"id\":\"ORD-12345\",\"text\":\"" + "x".repeat(70) + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    new SendBench().compare(args[0], payload, messages, rounds);
  }

  private void compare(String url, byte[] payload, int messages, int rounds) throws Exception {
    int few = messages / 10;
    try (var lettuce = new LettuceContestant(url, payload);
        var plain = new MillraceContestant(url, payload, SendPolicy.plain());
        var once = new MillraceContestant(url, payload, SendPolicy.defaults())) {
      for (int round = 0; round <= rounds; round++) { // round 0 warms up
        var turns =
            List.<Callable<Void>>of(
                () -> sends("lettuce", lettuce, messages, few),
                () -> sends("plain", plain, messages, few),
                () -> sends("once", once, messages, few));
        for (int i = 0; i < turns.size(); i++) {
          turns.get((round + i) % turns.size()).call();
        }
        measure("threads/named", messages, s -> once.sendNamed(s, messages, THREADS));
        if (round == 0) {
          rates.clear();
        }
      }
    }
    print();
  }

  @SuppressWarnings("NullAway") // a task of Void has no other value
  private Void sends(String who, Contestant contestant, int messages, int few) throws Exception {
    measure("alone/" + who, few, s -> contestant.sendOneByOne(s, few));
    measure("bulk/" + who, messages, s -> contestant.sendBulk(s, messages));
    measure("threads/" + who, messages, s -> contestant.sendFromThreads(s, messages, THREADS));
    return null;
  }

  private void measure(String what, int count, Work work) throws Exception {
    String stream = "bench:send:" + run++;
    long begun = System.nanoTime();
    work.on(stream);
    double rate = count * 1e9 / (System.nanoTime() - begun);
    rates.computeIfAbsent(what, k -> new ArrayList<>()).add(rate);
  }

  private void print() {
    System.out.printf(
        Locale.ROOT,
        "%-10s %10s %10s %10s %14s %12s%n",
        "work",
        "Lettuce/s",
        "plain/s",
        "once/s",
        "plain/Lettuce",
        "once/plain");
    for (String work : List.of("alone", "bulk", "threads")) {
      double lettuce = median(work + "/lettuce");
      double plain = median(work + "/plain");
      double once = median(work + "/once");
      System.out.printf(
          Locale.ROOT,
          "%-10s %10.0f %10.0f %10.0f %14.2f %12.2f%n",
          work,
          lettuce,
          plain,
          once,
          plain / lettuce,
          once / plain);
    }
    double named = median("threads/named");
    System.out.printf(
        Locale.ROOT,
        "caller's ids, %d threads: %.0f/s, %.2f of plain%n",
        THREADS,
        named,
        named / median("threads/plain"));
  }

  private double median(String key) {
    List<Double> sorted = rates.getOrDefault(key, List.of(Double.NaN)).stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
