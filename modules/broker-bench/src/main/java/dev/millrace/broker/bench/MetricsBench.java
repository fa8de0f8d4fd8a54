package dev.millrace.broker.bench;

import io.lettuce.core.RedisClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * What measuring costs, in memory, where the library is all that takes time, and on Redis. Each
 * work is done in many short rounds: in each of them once with metrics on, once off, and off once
 * more, by a manager made for that turn, in another order. Compared is within a round only. The
 * ratio of the two that do the same is the noise, beside which the other ratio is to be seen: where
 * their intervals meet, no difference was seen. Both are told for the time that passed and for the
 * processor's.
 *
 * <p>{@code MetricsBench URL [CPU milliseconds of a turn] [rounds] [part of a work's name]}; the
 * server loses its data. The works' names begin with {@code memory} and {@code Redis}.
 */
public final class MetricsBench {
  private static final String MEMORY = "memory:";
  private static final long SEED = 7;

  /**
   * Warming up takes as long as so many turns, and ends when so many were as long as they should.
   */
  private static final int WARM_UP = 20;

  private static final int SETTLED = 6;

  private static final int MOST = 500_000;

  /** A new manager does this part of a turn's work before it is measured. */
  private static final int LEAD = 10;

  private enum Way {
    ON,
    OFF,
    OFF_AGAIN
  }

  private final long turnNanos;
  private final int rounds;
  private final Random random = new Random(SEED);

  /** What one operation took, in nanoseconds. */
  private record Took(double wall, double cpu) {}

  private MetricsBench(long turnNanos, int rounds) {
    this.turnNanos = turnNanos;
    this.rounds = rounds;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println(
          "usage: MetricsBench URL [CPU milliseconds of a turn] [rounds] [part of a work's name];"
              + " it flushes the data");
      System.exit(2);
    }
    long millis = args.length > 1 ? Long.parseLong(args[1]) : 100;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 60;
    String only = args.length > 3 ? args[3] : "";
    var bench = new MetricsBench(millis * 1_000_000, rounds);
    System.out.printf(
        Locale.ROOT, "%-33s %s %s  %s%n", "work", head("ns"), head("CPU ns"), "metrics");
    for (String url : List.of(MEMORY, args[0])) {
      for (MeasuredWork work : MeasuredWork.ALL) {
        String label = (url.equals(MEMORY) ? "memory: " : "Redis: ") + work.label();
        if (label.contains(only)) {
          bench.compare(label, url, work);
        }
      }
    }
  }

  private static String head(String unit) {
    return String.format(Locale.ROOT, "%9s  %-20s  %-20s", unit, "on/off", "off/off");
  }

  private void compare(String label, String url, MeasuredWork work) throws Exception {
    int count = warm(url, work);
    var wall = new Comparison(Took::wall);
    var cpu = new Comparison(Took::cpu);
    for (List<Way> order : orders()) {
      var took = new EnumMap<Way, Took>(Way.class);
      for (Way way : order) {
        took.put(way, turn(url, work, way == Way.ON, count));
      }
      wall.add(took);
      cpu.add(took);
    }
    String verdict =
        wall.differs() || cpu.differs()
            ? String.format(
                Locale.ROOT, "not noise: time %s, CPU %s", wall.difference(), cpu.difference())
            : "within noise";
    System.out.printf(Locale.ROOT, "%-33s %s %s  %s%n", label, wall, cpu, verdict);
  }

  /** How often it is to be done in a turn, once that is as fast as it gets. */
  private int warm(String url, MeasuredWork work) throws Exception {
    int count = MeasuredWork.STEP;
    int settled = 0;
    long begun = System.nanoTime();
    for (int turn = 0;
        settled < SETTLED || System.nanoTime() - begun < WARM_UP * turnNanos;
        turn++) {
      double took = turn(url, work, turn % 2 == 0, count).cpu() * count;
      if (took >= turnNanos || count == MOST) {
        settled++;
      } else {
        settled = 0;
        count = Math.min(MOST, 2 * count);
      }
    }
    return count;
  }

  /** All orders of the ways equally often, if the rounds go into six. */
  private List<List<Way>> orders() {
    var orders = new ArrayList<List<Way>>();
    while (orders.size() < rounds) {
      var all = new ArrayList<List<Way>>();
      for (Way first : Way.values()) {
        for (Way last : Way.values()) {
          if (first != last) {
            var order = new ArrayList<>(Arrays.asList(Way.values()));
            order.remove(first);
            order.remove(last);
            order.addFirst(first);
            order.addLast(last);
            all.add(order);
          }
        }
      }
      Collections.shuffle(all, random);
      orders.addAll(all);
    }
    return orders.subList(0, rounds);
  }

  private static Took turn(String url, MeasuredWork work, boolean measures, int count)
      throws Exception {
    if (!url.equals(MEMORY)) {
      empty(url);
    }
    try (MeasuredWork.Worker worker = work.maker().worker(url, measures)) {
      int lead = Math.ceilDiv(count / LEAD, MeasuredWork.STEP) * MeasuredWork.STEP;
      worker.prepare(lead);
      worker.work(lead);
      worker.prepare(count);
      System.gc(); // what others have left behind is not this turn's
      var cpu = new CpuTime();
      long begun = System.nanoTime();
      worker.work(count);
      long took = System.nanoTime() - begun;
      return new Took((double) took / count, (double) cpu.nanos() / count);
    }
  }

  private static void empty(String url) {
    try (RedisClient client = RedisClient.create(url)) {
      client.connect().sync().flushall();
    }
  }

  /** Of one kind of time. */
  private static final class Comparison {
    private final ToDoubleFunction<Took> time;
    private final List<Double> off = new ArrayList<>();
    private final Ratios on = new Ratios();
    private final Ratios noise = new Ratios();

    Comparison(ToDoubleFunction<Took> time) {
      this.time = time;
    }

    void add(Map<Way, Took> round) {
      double without = of(round, Way.OFF);
      off.add(without);
      on.add(of(round, Way.ON), without);
      noise.add(of(round, Way.OFF_AGAIN), without);
    }

    private double of(Map<Way, Took> round, Way way) {
      return time.applyAsDouble(Objects.requireNonNull(round.get(way)));
    }

    boolean differs() {
      return !on.interval().meets(noise.interval());
    }

    String difference() {
      return String.format(Locale.ROOT, "%+.1f %%", 100 * (on.interval().middle() - 1));
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%9.0f  %s  %s", Ratios.middle(off), on.interval(), noise.interval());
    }
  }
}
