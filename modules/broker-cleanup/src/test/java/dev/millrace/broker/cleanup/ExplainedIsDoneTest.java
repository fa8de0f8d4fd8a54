package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On random streams, a report says what a trimming then does. */
class ExplainedIsDoneTest {
  private static final int CASES = 400;

  /** What sinks are told waits here until the test lets it happen, so that a seed is one run. */
  private final Queue<Runnable> deliveries = new ArrayDeque<>();

  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatIsExplainedIsWhatGoes(long seed) {
    var random = new Random(seed);
    int went = 0;
    int held = 0;
    try (var backend =
        MemoryBackend.open(
            new BackendContext("test", "me", clock, Telemetry.none()), deliveries::add)) {
      for (int i = 0; i < CASES; i++) {
        RetentionReport report = oneCase(backend, random, "s" + i, "seed " + seed + " case " + i);
        went += report.goes() > 0 ? 1 : 0;
        held += report.holds().isEmpty() ? 0 : 1;
      }
    }
    assertTrue(went > CASES / 10 && held > CASES / 10, went + " went, " + held + " held");
  }

  private RetentionReport oneCase(
      MemoryBackend backend, Random random, String stream, String which) {
    var groups = new ArrayList<>(List.of("a", "b", "c").subList(0, random.nextInt(4)));
    await(backend.log().declare(new StreamSpec(stream, Set.copyOf(groups))));
    for (int batch = random.nextInt(1, 8); batch > 0; batch--) {
      append(backend, stream, random.nextInt(1, 12));
      clock.advance(Duration.ofMillis(random.nextInt(3) * 1_000L));
    }
    groups.stream()
        .filter(group -> random.nextInt(6) > 0)
        .forEach(group -> read(backend, new GroupRef(stream, group), random));

    StreamConfig policy = policy(stream, random, groups);
    var trimming = backend.facet(Trimming.class).orElseThrow();
    var history = backend.facet(History.class).orElseThrow();
    RetentionReport report =
        new Explainer(trimming, history, Duration.ofSeconds(5))
            .explain(policy, RetentionPolicy.none(), false, false);
    Trimming.Limits limits =
        Bounds.of(policy, OptionalDouble.empty(), report.length())
            .limits(100_000, Optional.empty());
    Trimming.Report trimmed = await(trimming.trim(stream, limits, false));
    String seen = which + ": " + report;
    assertEquals(trimmed.removed(), report.goes(), seen);
    assertEquals(trimmed.length(), report.length() - report.goes(), seen);
    assertEquals(
        0,
        new Explainer(trimming, history, Duration.ofSeconds(5))
            .explain(policy, RetentionPolicy.none(), false, false)
            .goes(),
        seen);
    return report;
  }

  private static StreamConfig policy(String stream, Random random, List<String> groups) {
    var declared = new HashSet<>(groups);
    if (random.nextInt(8) == 0) {
      declared.add("later");
    }
    StreamConfig config =
        StreamConfig.builder(stream)
            .groups(declared)
            .overflow(random.nextInt(4) == 0 ? Overflow.drop() : Overflow.reject())
            .minRetentionCount(random.nextInt(20))
            .minRetentionTime(Duration.ofMillis(random.nextInt(7) * 500L))
            .build();
    var changes = RetentionPolicy.builder().maxLength(random.nextInt(1, 60));
    if (random.nextBoolean()) {
      changes.maxAge(Duration.ofMillis(1 + random.nextInt(12) * 500L));
    }
    return config.changedBy(changes.build());
  }

  private static void append(MemoryBackend backend, String stream, int entries) {
    List<Entry> batch =
        IntStream.range(0, entries).mapToObj(i -> Entry.of("m" + i, Fields.of("n", i))).toList();
    await(backend.log().append(stream, batch, AppendGuard.none()));
  }

  /** Some of it, of which some is acknowledged, in any order. */
  private void read(MemoryBackend backend, GroupRef group, Random random) {
    var got = new ArrayList<Received>();
    var spec =
        new ReaderSpec(
            "r", StartPosition.beginning(), 100, Duration.ofSeconds(1), Duration.ofHours(9), false);
    Sink sink =
        new Sink() {
          @Override
          public void deliver(List<Received> batch) {
            got.addAll(batch);
          }

          @Override
          public void recreated(Position from) {}

          @Override
          public void failed(Throwable error) {
            throw new AssertionError(error);
          }
        };
    GroupReader reader = backend.log().open(group, spec, sink);
    reader.request(random.nextInt(1, 80));
    deliver();
    int keep = random.nextInt(4);
    List<Settlement> done =
        got.stream()
            .filter(each -> keep == 0 || random.nextInt(8) >= keep)
            .<Settlement>map(Settlement.Ack::new)
            .toList();
    if (!done.isEmpty()) {
      await(reader.settle(done));
    }
  }

  private void deliver() {
    for (Runnable next = deliveries.poll(); next != null; next = deliveries.poll()) {
      next.run();
    }
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
