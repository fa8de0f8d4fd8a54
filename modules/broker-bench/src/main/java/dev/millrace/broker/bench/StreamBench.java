package dev.millrace.broker.bench;

import dev.millrace.broker.api.SendPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Millrace beside the Lettuce loop on one server: each work is done by both in turns, and the
 * medians and their ratio are printed. Consuming is compared with the loop three ways, see {@link
 * Loop}.
 *
 * <p>{@code StreamBench URL [messages] [rounds] [part of a work's name]}; the server's streams
 * named {@code bench:*} are left behind.
 */
public final class StreamBench {
  private interface Work {
    void on(Contestant contestant, String stream) throws Exception;
  }

  /** What the loop reads, and how it handles that; Millrace always does the same. */
  private enum Loop {
    /** Exactly what Millrace sent and reads: the fair comparison. */
    SAME_ENTRIES("same entries"),

    /** The payload alone, as the loop sends it: no message can be told from its repetition. */
    LEANER_ENTRIES("leaner entries"),

    /** The same, each message on a virtual thread of its own. */
    THREAD_EACH("leaner, a thread each");

    private final String label;

    Loop(String label) {
      this.label = label;
    }
  }

  private final Map<String, List<Double>> rates = new LinkedHashMap<>();
  private final int messages;
  private final String only;
  private int run;

  private StreamBench(int messages, String only) {
    this.messages = messages;
    this.only = only;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: StreamBench URL [messages] [rounds] [part of a work's name]");
      System.exit(2);
    }
    int messages = args.length > 1 ? Integer.parseInt(args[1]) : 200_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    byte[] payload =
        ("{\"id\":\"ORD-12345\",\"text\":\"" + "x".repeat(70) + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    var bench = new StreamBench(messages, args.length > 3 ? args[3] : "");
    bench.compare(args[0], payload, rounds);
    bench.print();
  }

  private void compare(String url, byte[] payload, int rounds) throws Exception {
    try (var millrace = new MillraceContestant(url, payload, SendPolicy.plain());
        var lettuce = new LettuceContestant(url, payload)) {
      for (int round = 0; round <= rounds; round++) { // round 0 warms up
        boolean loopFirst = round % 2 == 0;
        round(
            loopFirst ? List.of(lettuce, millrace) : List.of(millrace, lettuce),
            millrace,
            round > 0);
      }
    }
  }

  /** Both do each work right after one another, so that the machine's moods meet both. */
  private void round(List<Contestant> both, Contestant millrace, boolean counts) throws Exception {
    int few = messages / 10;
    measure("send one by one", both, few, counts, (c, s) -> c.sendOneByOne(s, few));
    measure("send bulk", both, messages, counts, (c, s) -> c.sendBulk(s, messages));
    measure(
        "send, 100 threads", both, messages, counts, (c, s) -> c.sendFromThreads(s, messages, 100));
    for (int handlers : new int[] {1, 10, 100}) {
      for (Loop loop : Loop.values()) {
        for (Contestant contestant : both) {
          Contestant sender = loop == Loop.SAME_ENTRIES ? millrace : contestant;
          consume(contestant, sender, handlers, loop, counts);
        }
      }
    }
  }

  private void consume(
      Contestant contestant, Contestant sender, int handlers, Loop loop, boolean counts)
      throws Exception {
    String what =
        "consume, " + handlers + (handlers == 1 ? " handler, " : " handlers, ") + loop.label;
    if (!what.contains(only)) {
      return;
    }
    String stream = "bench:" + run++;
    sender.sendBulk(stream, messages);
    measureOn(
        what,
        contestant,
        messages,
        counts,
        stream,
        (c, s) -> c.consume(s, messages, handlers, loop == Loop.THREAD_EACH));
  }

  private void measure(String what, List<Contestant> both, int count, boolean counts, Work work)
      throws Exception {
    for (Contestant contestant : both) {
      if (what.contains(only)) {
        measureOn(what, contestant, count, counts, "bench:" + run++, work);
      }
    }
  }

  private void measureOn(
      String what, Contestant contestant, int count, boolean counts, String stream, Work work)
      throws Exception {
    long begun = System.nanoTime();
    work.on(contestant, stream);
    double rate = count * 1e9 / (System.nanoTime() - begun);
    if (counts) {
      rates
          .computeIfAbsent(
              what + "/" + contestant.getClass().getSimpleName(), k -> new ArrayList<>())
          .add(rate);
    }
  }

  private void print() {
    System.out.printf(
        Locale.ROOT, "%-44s %12s %12s %8s%n", "work", "Lettuce/s", "Millrace/s", "ratio");
    for (String key : List.copyOf(rates.keySet())) {
      String what = key.substring(0, key.lastIndexOf('/'));
      if (key.endsWith("/LettuceContestant")) {
        double lettuce = median(what + "/LettuceContestant");
        double millrace = median(what + "/MillraceContestant");
        System.out.printf(
            Locale.ROOT,
            "%-44s %12.0f %12.0f %8.2f%n",
            what,
            lettuce,
            millrace,
            millrace / lettuce);
      }
    }
  }

  private double median(String key) {
    List<Double> sorted = rates.getOrDefault(key, List.of(Double.NaN)).stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
