package dev.millrace.broker.bench;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.XTrimArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How long trimming a long stream takes, and how long another client's PING waits meanwhile: one
 * bare XTRIM, and a cleaner of Millrace.
 *
 * <p>{@code CleanupBench URL [entries] [keep] [rounds]}; flushes the server's data. Times are of
 * the whole run of slices, seen by asking for the length; pings of all rounds are put together.
 */
public final class CleanupBench {
  private static final String STREAM = "bench:cleanup";
  private static final int CHUNK = 10_000;

  private final String url;
  private final int entries;
  private final int keep;
  private final RedisClient client;

  private CleanupBench(String url, int entries, int keep, RedisClient client) {
    this.url = url;
    this.entries = entries;
    this.keep = keep;
    this.client = client;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: CleanupBench URL [entries] [keep] [rounds]; it flushes the data");
      System.exit(2);
    }
    int entries = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    int keep = args.length > 2 ? Integer.parseInt(args[2]) : entries / 10;
    int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 3;
    var client = RedisClient.create(args[0]);
    try {
      new CleanupBench(args[0], entries, keep, client).run(rounds);
    } finally {
      client.shutdown();
    }
  }

  private interface Trim {
    /** Begins the trimming. */
    AutoCloseable begin(RedisCommands<String, String> redis);
  }

  private void run(int rounds) throws Exception {
    var bare = new Result();
    var millrace = new Result();
    measure(new Result(), this::cleaner); // warms up
    for (int round = 0; round < rounds; round++) {
      measure(bare, this::bare);
      measure(millrace, this::cleaner);
    }
    System.out.printf(
        Locale.ROOT, "%d entries, %d kept; milliseconds%n%-20s", entries, keep, "trimmed by");
    System.out.printf("%10s%12s%12s%12s%n", "total", "ping p50", "p99.9", "longest");
    bare.print("one XTRIM");
    millrace.print("a cleaner");
    System.out.printf(
        Locale.ROOT, "cleaner / XTRIM %.2f%n", millrace.medianMillis() / bare.medianMillis());
  }

  private AutoCloseable bare(RedisCommands<String, String> redis) {
    redis.xtrim(STREAM, XTrimArgs.Builder.maxlen(keep).exactTrimming());
    return () -> {};
  }

  private AutoCloseable cleaner(RedisCommands<String, String> redis) {
    var stream =
        StreamConfig.builder(STREAM)
            .history(true)
            .maxLength(keep)
            .minRetentionTime(Duration.ZERO)
            .minRetentionCount(0)
            .cleanupInterval(Duration.ofMillis(500))
            .build();
    var manager = StreamManager.connect(url, BrokerConfig.builder().build());
    manager.createSimpleProducer("p", stream);
    return manager;
  }

  private void measure(Result into, Trim trim) throws Exception {
    try (var connection = client.connect()) {
      RedisCommands<String, String> redis = connection.sync();
      redis.flushall();
      fill(connection);
      try (var pings = new Pings(client)) {
        long begun = System.nanoTime();
        try (AutoCloseable trimming = trim.begin(redis)) {
          long first = begun;
          long length = redis.xlen(STREAM);
          // One that begins later is counted from when it was last seen not to have begun.
          while (length == entries) {
            TimeUnit.MICROSECONDS.sleep(200);
            first = System.nanoTime();
            length = redis.xlen(STREAM);
          }
          while (length > keep) {
            TimeUnit.MICROSECONDS.sleep(200);
            length = redis.xlen(STREAM);
          }
          into.took.add(System.nanoTime() - first);
        }
        into.pings.addAll(pings.stop());
      }
    }
  }

  private void fill(StatefulRedisConnection<String, String> connection) {
    Map<String, String> body = Map.of("payload", "x".repeat(100));
    connection.setAutoFlushCommands(false);
    List<RedisFuture<String>> sent = new ArrayList<>(CHUNK);
    for (int i = 1; i <= entries; i++) {
      sent.add(connection.async().xadd(STREAM, body));
      if (sent.size() == CHUNK || i == entries) {
        connection.flushCommands();
        LettuceFutures.awaitAll(Duration.ofMinutes(1), sent.toArray(RedisFuture[]::new));
        sent.clear();
      }
    }
    connection.setAutoFlushCommands(true);
  }

  /** One client that pings all the time. */
  private static final class Pings implements AutoCloseable {
    private final StatefulRedisConnection<String, String> connection;
    private final List<Long> nanos = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;

    Pings(RedisClient client) {
      connection = client.connect();
      thread = Thread.ofPlatform().name("pings").start(this::run);
    }

    private void run() {
      while (!stopped) {
        long begun = System.nanoTime();
        connection.sync().ping();
        nanos.add(System.nanoTime() - begun);
      }
    }

    List<Long> stop() throws InterruptedException {
      stopped = true;
      thread.join();
      return nanos;
    }

    @Override
    public void close() {
      stopped = true;
      connection.close();
    }
  }

  private static final class Result {
    final List<Long> took = new ArrayList<>();
    final List<Long> pings = new ArrayList<>();

    double medianMillis() {
      long[] sorted = took.stream().mapToLong(Long::longValue).sorted().toArray();
      return sorted[sorted.length / 2] / 1e6;
    }

    void print(String name) {
      long[] sorted = pings.stream().mapToLong(Long::longValue).sorted().toArray();
      System.out.printf(
          Locale.ROOT,
          "%-20s%10.1f%12.2f%12.2f%12.2f%n",
          name,
          medianMillis(),
          at(sorted, 0.5),
          at(sorted, 0.999),
          Arrays.stream(sorted).max().orElse(0) / 1e6);
    }

    private static double at(long[] sorted, double share) {
      return sorted.length == 0 ? 0 : sorted[(int) (share * (sorted.length - 1))] / 1e6;
    }
  }
}
