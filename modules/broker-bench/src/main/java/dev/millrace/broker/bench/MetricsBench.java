package dev.millrace.broker.bench;

import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.spi.Telemetry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What measuring costs: each work is done with metrics on, with metrics off, and off again by
 * another manager, in turns. The ratio of the two that do the same is the noise of the run, beside
 * which the other ratio is to be seen.
 *
 * <p>{@code MetricsBench URL [messages] [rounds]}; the server's streams named {@code bench:*} are
 * left behind.
 */
public final class MetricsBench {
  private static final List<String> WAYS = List.of("on", "off", "off again");

  private final Map<String, List<Double>> rates = new LinkedHashMap<>();
  private final int messages;
  private int run;

  private MetricsBench(int messages) {
    this.messages = messages;
  }

  private interface Work {
    void on(Contestant contestant, String stream) throws Exception;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: MetricsBench URL [messages] [rounds]");
      System.exit(2);
    }
    int messages = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 6;
    byte[] payload = "x".repeat(100).getBytes(StandardCharsets.UTF_8);
    var bench = new MetricsBench(messages);
    bench.compare(args[0], payload, rounds);
    bench.print();
  }

  private void compare(String url, byte[] payload, int rounds) throws Exception {
    SendPolicy plain = SendPolicy.plain();
    Telemetry none = Telemetry.none();
    try (var on = new MillraceContestant(url, payload, plain);
        var off = MillraceContestant.measuring(url, payload, plain, none);
        var again = MillraceContestant.measuring(url, payload, plain, none)) {
      List<MillraceContestant> all = List.of(on, off, again);
      for (int round = -1; round < rounds; round++) { // the first one warms up
        for (int turn = 0; turn < all.size(); turn++) {
          // Each is the first as often as the others.
          int which = Math.floorMod(round + turn, all.size());
          works(all.get(which), WAYS.get(which));
        }
        if (round < 0) {
          rates.clear();
        }
      }
    }
  }

  private void works(Contestant contestant, String way) throws Exception {
    int few = messages / 10;
    measure("send one by one", way, contestant, few, (c, s) -> c.sendOneByOne(s, few));
    measure("send bulk", way, contestant, messages, (c, s) -> c.sendBulk(s, messages));
    measure(
        "send, 100 threads",
        way,
        contestant,
        messages,
        (c, s) -> c.sendFromThreads(s, messages, 100));
    for (int handlers : new int[] {1, 10}) {
      String stream = "bench:metrics-" + run++;
      contestant.sendBulk(stream, messages);
      measureOn(
          "consume, handlers: " + handlers,
          way,
          contestant,
          messages,
          stream,
          (c, s) -> c.consume(s, messages, handlers, false));
    }
  }

  private void measure(String what, String way, Contestant contestant, int count, Work work)
      throws Exception {
    measureOn(what, way, contestant, count, "bench:metrics-" + run++, work);
  }

  private void measureOn(
      String what, String way, Contestant contestant, int count, String stream, Work work)
      throws Exception {
    long begun = System.nanoTime();
    work.on(contestant, stream);
    double rate = count * 1e9 / (System.nanoTime() - begun);
    rates.computeIfAbsent(what + "/" + way, k -> new ArrayList<>()).add(rate);
  }

  private void print() {
    System.out.printf(
        Locale.ROOT, "%-24s %10s %10s %8s %10s%n", "work", "on/s", "off/s", "on/off", "off/off");
    for (String key : List.copyOf(rates.keySet())) {
      if (key.endsWith("/on")) {
        String what = key.substring(0, key.lastIndexOf('/'));
        double on = median(what + "/on");
        double off = median(what + "/off");
        double again = median(what + "/off again");
        System.out.printf(
            Locale.ROOT,
            "%-24s %10.0f %10.0f %8.3f %10.3f%n",
            what,
            on,
            off,
            on / off,
            again / off);
      }
    }
  }

  private double median(String key) {
    List<Double> sorted = rates.getOrDefault(key, List.of(Double.NaN)).stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
