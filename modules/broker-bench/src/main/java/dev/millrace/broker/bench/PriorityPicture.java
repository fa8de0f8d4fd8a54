package dev.millrace.broker.bench;

import dev.millrace.broker.api.BatchSendException;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Four streams with equal traffic and four priorities on a server whose memory runs out: which
 * shrinks when. Draws it as an SVG.
 *
 * <p>{@code PriorityPicture URL [file] [seconds] [megabytes]}; flushes the server's data and sets
 * its maxmemory. Ends with 1 unless they shrank in the order of their priorities, none below its
 * floor, and memory became short enough for HIGH.
 */
public final class PriorityPicture {
  private static final List<Priority> PRIORITIES = List.of(Priority.values());
  private static final int FLOOR = 2_000;
  private static final int BATCH = 100;
  private static final Duration SAMPLE = Duration.ofMillis(500);
  private static final Pattern USED = Pattern.compile("used_memory:(\\d+)");

  private final RedisCommands<String, String> redis;
  private final long limit;
  private final List<Sample> samples = new ArrayList<>();

  private record Sample(double seconds, double memory, List<Long> lengths) {
    long length(Priority priority) {
      return lengths.get(PRIORITIES.indexOf(priority));
    }
  }

  private PriorityPicture(RedisCommands<String, String> redis, long limit) {
    this.redis = redis;
    this.limit = limit;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: PriorityPicture URL [file] [seconds] [megabytes]");
      System.exit(2);
    }
    Path file = Path.of(args.length > 1 ? args[1] : "docs/retention.svg");
    int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 150;
    long limit = (args.length > 3 ? Long.parseLong(args[3]) : 48) << 20;
    var client = RedisClient.create(args[0]);
    try (var connection = client.connect()) {
      var picture = new PriorityPicture(connection.sync(), limit);
      picture.run(args[0], seconds);
      Files.writeString(file, picture.svg());
      System.out.println("drawn to " + file);
      if (!picture.told()) {
        System.exit(1);
      }
    } finally {
      client.shutdown();
    }
  }

  private void run(String url, int seconds) throws InterruptedException {
    redis.flushall();
    redis.configSet("maxmemory-policy", "noeviction");
    redis.configSet("maxmemory", Long.toString(limit));
    double perSecond = rate(seconds);
    try (var manager = StreamManager.connect(url, BrokerConfig.builder().build());
        var threads = Executors.newScheduledThreadPool(PRIORITIES.size() + 1)) {
      var sending = new ArrayList<Future<?>>();
      long begun = System.nanoTime();
      for (Priority priority : PRIORITIES) {
        Producer producer = manager.createSimpleProducer("p-" + priority, config(priority));
        long every = (long) (1e9 * BATCH / perSecond);
        sending.add(
            threads.scheduleAtFixedRate(() -> send(producer), 0, every, TimeUnit.NANOSECONDS));
      }
      while (System.nanoTime() - begun < seconds * 1e9) {
        samples.add(sample((System.nanoTime() - begun) / 1e9));
        TimeUnit.NANOSECONDS.sleep(SAMPLE.toNanos());
      }
      sending.forEach(each -> each.cancel(true));
    } finally {
      redis.configSet("maxmemory", "0");
    }
  }

  /**
   * So many messages a second and stream that the memory would be full after a third of the time.
   */
  private double rate(int seconds) {
    double free = limit - used();
    return Math.min(20_000, free / 180 / PRIORITIES.size() / (seconds / 3.0));
  }

  /** Floors that can be reached within the picture's time. */
  private static StreamConfig config(Priority priority) {
    return StreamConfig.builder("picture:" + priority)
        .history(true)
        .priority(priority)
        .minRetentionTime(Duration.ZERO)
        .minRetentionCount(FLOOR)
        .cleanupInterval(Duration.ofSeconds(5))
        .build();
  }

  private static void send(Producer producer) {
    try {
      producer.sendAll(Collections.nCopies(BATCH, Fields.of(Message.PAYLOAD, "x".repeat(100))));
    } catch (BatchSendException refused) {
      System.err.println(refused.getMessage());
    } catch (BrokerException unreachable) {
      System.err.println("not sent: " + unreachable.getMessage());
    }
  }

  private long used() {
    Matcher found = USED.matcher(redis.info("memory"));
    if (!found.find()) {
      throw new IllegalStateException("the server does not tell how much memory it uses");
    }
    return Long.parseLong(found.group(1));
  }

  private Sample sample(double seconds) {
    List<Long> lengths =
        PRIORITIES.stream().map(priority -> redis.xlen("picture:" + priority)).toList();
    return new Sample(seconds, (double) used() / limit, lengths);
  }

  // ---- what it shows

  /** LOW first, CRITICAL last if at all; nobody below its floor; and memory was really short. */
  private boolean told() {
    boolean well = true;
    double before = 0;
    for (Priority priority : PRIORITIES) {
      double shrank = firstShrink(priority);
      long least = leastOnceAboveFloor(priority);
      System.out.printf(
          Locale.ROOT,
          "%-8s shrank first %s, had %,d entries at least, %,d at the end%n",
          priority,
          Double.isInfinite(shrank) ? "never" : String.format(Locale.ROOT, "after %.0f s", shrank),
          least,
          samples.getLast().length(priority));
      well &= shrank >= before && least >= FLOOR;
      before = shrank;
    }
    double most = samples.stream().mapToDouble(Sample::memory).max().orElse(0);
    System.out.printf(Locale.ROOT, "memory at most %.0f %%%n", 100 * most);
    return well
        && Double.isFinite(firstShrink(Priority.LOW))
        && most >= Priority.HIGH.shrinksFrom();
  }

  /** The least length since it first had as many as never go. */
  private long leastOnceAboveFloor(Priority priority) {
    return samples.stream()
        .mapToLong(sample -> sample.length(priority))
        .dropWhile(length -> length < FLOOR)
        .min()
        .orElse(FLOOR);
  }

  private double firstShrink(Priority priority) {
    for (int i = 1; i < samples.size(); i++) {
      if (samples.get(i).length(priority) < samples.get(i - 1).length(priority)) {
        return samples.get(i).seconds;
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  private static final int WIDTH = 860;
  private static final int HEIGHT = 420;
  private static final int LEFT = 70;
  private static final int TOP = 30;
  private static final int RIGHT = 730;
  private static final int BOTTOM = 370;

  /** By priority. */
  private static final List<String> COLOURS = List.of("#d1495b", "#edae49", "#30638e", "#1b4d3e");

  private String svg() {
    double time = samples.getLast().seconds;
    long most =
        samples.stream()
            .flatMap(sample -> sample.lengths.stream())
            .mapToLong(Long::longValue)
            .max()
            .orElse(1);
    var out = new StringBuilder();
    out.append(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                .formatted(WIDTH, HEIGHT))
        .append("font-family=\"sans-serif\" font-size=\"13\">\n")
        .append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n")
        .append(text(LEFT, 20, "entries of four streams with equal traffic; memory used (grey)"));
    for (int i = 0; i <= 4; i++) {
      int y = BOTTOM - i * (BOTTOM - TOP) / 4;
      out.append(line(LEFT, y, RIGHT, y, "#ddd"))
          .append(text(8, y + 4, String.format(Locale.ROOT, "%,d", most * i / 4)))
          .append(text(RIGHT + 6, y + 4, 25 * i + " %"));
      int x = LEFT + i * (RIGHT - LEFT) / 4;
      out.append(text(x, BOTTOM + 20, String.format(Locale.ROOT, "%.0f s", time * i / 4)));
    }
    var memory = new ArrayList<double[]>();
    samples.forEach(sample -> memory.add(new double[] {sample.seconds / time, sample.memory}));
    out.append(path(memory, "#999", "4 3"));
    int row = 0;
    for (Priority priority : PRIORITIES) {
      var points = new ArrayList<double[]>();
      samples.forEach(
          sample ->
              points.add(
                  new double[] {sample.seconds / time, (double) sample.length(priority) / most}));
      String colour = COLOURS.get(PRIORITIES.indexOf(priority));
      int y = TOP + 20 + 22 * row++;
      out.append(path(points, colour, "none"))
          .append(line(RIGHT + 50, y - 4, RIGHT + 66, y - 4, colour))
          .append(text(RIGHT + 70, y, priority.name()));
    }
    return out.append("</svg>\n").toString();
  }

  private static String text(int x, int y, String words) {
    return "<text x=\"%d\" y=\"%d\" fill=\"#333\">%s</text>%n".formatted(x, y, words);
  }

  private static String line(int fromX, int fromY, int toX, int toY, String colour) {
    return "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"/>%n"
        .formatted(fromX, fromY, toX, toY, colour);
  }

  private static String path(List<double[]> points, String colour, String dashes) {
    var d = new StringBuilder();
    for (double[] point : points) {
      d.append(
          String.format(
              Locale.ROOT,
              "%s%.1f %.1f",
              d.isEmpty() ? "M" : " L",
              LEFT + point[0] * (RIGHT - LEFT),
              BOTTOM - Math.min(1, point[1]) * (BOTTOM - TOP)));
    }
    return ("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
            + "stroke-dasharray=\"%s\"/>%n")
        .formatted(d, colour, dashes);
  }
}
