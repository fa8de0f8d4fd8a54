package dev.millrace.broker.bench;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendProvider;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamSpec;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What appends and drains cost the server itself, in microseconds a message, as its own statistics
 * of commands tell: plain, numbered, in a line, and in a line with a limit and a backup.
 *
 * <p>{@code ScriptBench URL [messages]}; resets the server's statistics and flushes its data.
 */
public final class ScriptBench {
  private static final List<Integer> SIZES = List.of(1, 16, 64, 256);
  private static final Pattern SPENT =
      Pattern.compile("cmdstat_(xadd|evalsha|eval):calls=\\d+,usec=(\\d+)");

  private final Backend backend;
  private final RedisCommands<String, String> redis;
  private final int messages;

  private ScriptBench(Backend backend, RedisCommands<String, String> redis, int messages) {
    this.backend = backend;
    this.redis = redis;
    this.messages = messages;
  }

  /** See the class. */
  public static void main(String[] args) {
    if (args.length < 1) {
      System.err.println("usage: ScriptBench URL [messages]; it flushes the server's data");
      System.exit(2);
    }
    int messages = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    var url = BackendUrl.of(args[0]);
    BackendProvider provider =
        ServiceLoader.load(BackendProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(each -> each.schemes().contains(url.scheme()))
            .findFirst()
            .orElseThrow();
    var client = RedisClient.create(args[0]);
    try (Backend backend = provider.open(url, BackendContext.standalone("bench"));
        var connection = client.connect()) {
      new ScriptBench(backend, connection.sync(), messages).run();
    } finally {
      client.shutdown();
    }
  }

  private void run() {
    var none = AppendGuard.none();
    System.out.println("microseconds of the server a message, appends of");
    System.out.printf("%-32s", "");
    SIZES.forEach(size -> System.out.printf(Locale.ROOT, "%8d", size));
    System.out.println();
    appends("plain", 1, n -> none);
    appends("numbered", 1, n -> none.dedup(new Dedup.BySequence("p", 4_096, false)));
    appends("in a line", 1, n -> line(n, false));
    appends("in a line, ids looked at", 1, n -> line(n, true));
    for (int groups : List.of(0, 1, 10)) {
      appends(
          "in a line, limit, backup, " + groups + " groups",
          groups,
          n -> line(n, false).maxBacklog(Long.MAX_VALUE / 2).backup("{bench}:backup"));
    }
    appends("numbered, limit, 1 group", 1, n -> numberedWithLimit());
    for (int max : List.of(256, 1_000)) {
      drains(max);
    }
  }

  private static AppendGuard numberedWithLimit() {
    return AppendGuard.none()
        .dedup(new Dedup.BySequence("p", 4_096, false))
        .maxBacklog(Integer.MAX_VALUE);
  }

  private static AppendGuard line(int first, boolean ids) {
    Optional<Duration> window = ids ? Optional.of(Duration.ofHours(1)) : Optional.empty();
    return AppendGuard.none()
        .dedup(new Dedup.InLine("l", first, first - 1L, Duration.ofDays(7), window));
  }

  private void appends(String name, int groups, IntFunction<AppendGuard> guard) {
    System.out.printf("%-32s", name);
    for (int size : SIZES) {
      begin(groups);
      for (int sent = 0; sent < messages; sent += size) {
        await(backend.log().append("bench", entries(sent + 1, size), guard.apply(sent + 1)));
      }
      System.out.printf(Locale.ROOT, "%8.2f", (double) spent() / redis.xlen("bench"));
    }
    System.out.println();
  }

  private void drains(int max) {
    begin(1);
    for (int sent = 0; sent < messages; sent += 256) {
      await(backend.log().append("{bench}:backup", entries(sent + 1, 256), AppendGuard.none()));
    }
    redis.configResetstat();
    Backups backups = backend.facet(Backups.class).orElseThrow();
    long begun = System.nanoTime();
    long moved = 0;
    Backups.Drained last;
    do {
      last = await(backups.drain("bench", "{bench}:backup", max, Integer.MAX_VALUE));
      moved += last.moved();
    } while (last.left() > 0);
    double seconds = (System.nanoTime() - begun) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "drained %,d at a time: %.2f microseconds of the server a message, %,.0f messages a second%n",
        max,
        (double) spent() / moved,
        moved / seconds);
  }

  private void begin(int groups) {
    redis.flushall();
    var names = IntStream.range(0, groups).mapToObj(i -> "g" + i).collect(Collectors.toSet());
    await(backend.log().declare(new StreamSpec("bench", names)));
    redis.configResetstat();
  }

  /** Scripts have what they call in them, and a plain XADD is one of its own. */
  private long spent() {
    var spent = SPENT.matcher(redis.info("commandstats"));
    long plain = 0;
    long scripts = 0;
    while (spent.find()) {
      long micros = Long.parseLong(spent.group(2));
      if (spent.group(1).equals("xadd")) {
        plain = micros;
      } else {
        scripts += micros;
      }
    }
    return scripts > 0 ? scripts : plain;
  }

  private static List<Entry> entries(int first, int count) {
    var entries = new ArrayList<Entry>(count);
    for (int n = first; n < first + count; n++) {
      entries.add(
          new Entry(
              "p-" + n,
              "NEW_ORDER",
              null,
              Map.of(),
              Fields.of("payload", "{\"id\":\"ORD-12345\",\"text\":\"" + "x".repeat(70) + "\"}")));
    }
    return entries;
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
