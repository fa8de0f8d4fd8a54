package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static dev.millrace.broker.backend.redis.Backends.declare;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Counted;
import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.api.spi.Trimming.Report;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How much of a stream the scripts read: that is what keeps the server from everybody else. */
@WithRedis(own = true)
class TrimmingCostTest {
  private static final int LARGE = 100_000;
  private static final Position END = new Position("9999999999999-0");

  private final RedisServer server;
  private Backend backend;
  private Trimming trimming;

  TrimmingCostTest(RedisServer server) {
    this.server = server;
  }

  @BeforeEach
  void open() {
    server.command("FLUSHALL");
    server.command("CONFIG", "SET", "slowlog-max-len", "100000");
    server.command("CONFIG", "SET", "slowlog-log-slower-than", "0");
    backend = Backends.open(server.url());
    trimming = backend.facet(Trimming.class).orElseThrow();
    declare(backend, "orders", "billing");
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private void fill(int count, int bytes) {
    server.command(
        "EVAL",
        "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], i .. '-0', 'p',"
            + " string.rep('x', tonumber(ARGV[2]))) end",
        "1",
        "orders",
        "" + count,
        "" + bytes);
    server.command("SLOWLOG", "RESET");
  }

  private void read(String group, int count) {
    server.command(
        "EVAL",
        "redis.call('XREADGROUP', 'GROUP', ARGV[1], 'w', 'COUNT', ARGV[2], 'STREAMS', KEYS[1],"
            + " '>')",
        "1",
        "orders",
        group,
        "" + count);
    server.command("SLOWLOG", "RESET");
  }

  /** After that the server cannot tell what is pending and was deleted. */
  private void deleteTheNewest(int id) {
    server.command("XDEL", "orders", id + "-0");
    server.command("SLOWLOG", "RESET");
  }

  /** How many entries were asked for since. */
  private long asked() {
    return server.number(
        "EVAL",
        """
        local sum = 0
        for _, row in ipairs(redis.call('SLOWLOG', 'GET', -1)) do
          local words = row[4]
          if string.upper(words[1]) == 'XRANGE' then sum = sum + (words[6] or 1) end
        end
        return sum
        """,
        "0");
  }

  private static Limits drop(long keep, int slice) {
    return new Limits(
        OptionalLong.of(keep), Optional.empty(), 0, Duration.ZERO, Set.of(), false, slice);
  }

  private Report trim(Limits limits, boolean dryRun) {
    return await(trimming.trim("orders", limits, dryRun));
  }

  private Counted count(Optional<Position> after) {
    return await(trimming.count("orders", after, END, 1_000));
  }

  @Test
  void smallEntriesAreCountedAThousandAtATime() {
    fill(1_500, 10);
    Counted first = count(Optional.empty());
    assertEquals(1_000, first.entries());
    assertEquals(new Counted(500, Optional.empty()), count(first.next()));
  }

  @Test
  void largeEntriesAreCountedAFewAtATime() {
    fill(10, LARGE);
    Counted part = count(Optional.empty());
    assertEquals(new Counted(3, Optional.of(new Position("3-0"))), part);
    assertTrue(asked() <= 3, () -> "asked for " + asked());
    long sum = part.entries();
    while (part.next().isPresent()) {
      part = count(part.next());
      sum += part.entries();
    }
    assertEquals(10, sum);
  }

  @Test
  void largeUnreadEntriesAreDroppedWithoutReadingThem() {
    fill(150, LARGE);
    Report report = trim(drop(50, 100), false);
    assertEquals(new Report(100, false, 50, Optional.empty(), Map.of("billing", 100L)), report);
    assertTrue(asked() < 10, () -> "asked for " + asked());
  }

  @Test
  void aDryRunReadsFewLargeEntries() {
    fill(100, LARGE);
    Report report = trim(drop(0, 100), true);
    assertTrue(report.more(), report::toString);
    assertTrue(report.removed() >= 9, report::toString);
    assertTrue(asked() < 20, () -> "asked for " + asked());
  }

  @Test
  void aDryRunTellsOfOneEvenIfItIsHuge() {
    fill(3, 2_000_000);
    assertEquals(
        new Report(1, true, 2, Optional.empty(), Map.of("billing", 1L)), trim(drop(0, 100), true));
  }

  @Test
  void aShortSliceLooksForFewPendingEntries() {
    fill(401, 10);
    read("billing", 400);
    deleteTheNewest(401);
    assertEquals(20, trim(drop(0, 20), false).removed());
    assertTrue(asked() < 60, () -> "asked for " + asked());
  }

  @Test
  void aLongSliceLooksForFewPendingEntriesWhereItHasTo() {
    fill(1_001, 10);
    read("billing", 1_000);
    deleteTheNewest(1_001);
    assertEquals(
        new Report(150, true, 850, Optional.empty(), Map.of("billing", 150L)),
        trim(drop(0, 1_000), false));
  }

  @Test
  void fewLargePendingEntriesAreLookedFor() {
    fill(51, LARGE);
    read("billing", 50);
    deleteTheNewest(51);
    Report report = trim(drop(0, 50), false);
    assertTrue(report.more(), report::toString);
    assertEquals(11, report.removed());
    assertTrue(asked() < 25, () -> "asked for " + asked());
  }

  @Test
  void whatSeveralGroupsHoldIsLookedForOnce() {
    server.command("XGROUP", "CREATE", "orders", "audit", "0");
    fill(51, LARGE);
    read("billing", 50);
    read("audit", 50);
    deleteTheNewest(51);
    assertEquals(11, trim(drop(0, 50), false).removed());
  }

  @Test
  void aDryRunTellsNoMorePendingEntriesThanASliceTakes() {
    fill(1_500, 10);
    read("billing", 1_500);
    Report told = trim(drop(0, 1_000), true);
    assertEquals(new Report(500, true, 1_000, Optional.empty(), Map.of("billing", 500L)), told);
    assertEquals(told, trim(drop(0, 1_000), false));
  }
}
