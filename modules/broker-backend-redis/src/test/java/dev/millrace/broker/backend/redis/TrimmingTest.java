package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.append;
import static dev.millrace.broker.backend.redis.Backends.await;
import static dev.millrace.broker.backend.redis.Backends.declare;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.api.spi.Trimming.Need;
import dev.millrace.broker.api.spi.Trimming.Report;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithRedis(own = true)
class TrimmingTest {
  private final RedisServer server;
  private Backend backend;
  private Trimming trimming;

  TrimmingTest(RedisServer server) {
    this.server = server;
  }

  @BeforeEach
  void open() {
    server.command("FLUSHALL");
    backend = Backends.open(server.url());
    trimming = backend.facet(Trimming.class).orElseThrow();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static Limits keep(long length, Set<String> declared, boolean unread) {
    return new Limits(
        OptionalLong.of(length), Optional.empty(), 0, Duration.ZERO, declared, unread, 100);
  }

  private Report trim(Limits limits) {
    return await(trimming.trim("orders", limits, false));
  }

  private void read(String group, int count) {
    server.command(
        "XREADGROUP", "GROUP", group, "w", "COUNT", "" + count, "STREAMS", "orders", ">");
  }

  private void ack(String group, List<String> ids) {
    var words = new ArrayList<>(List.of("XACK", "orders", group));
    words.addAll(ids);
    server.command(words.toArray(String[]::new));
  }

  @Test
  void aServerOutOfMemoryCanBeTrimmed() {
    declare(backend, "orders", "billing");
    append(backend, "orders", 1, 150);
    server.command("CONFIG", "SET", "maxmemory", "1");
    try {
      assertEquals(100, trim(keep(50, Set.of(), false)).removed());
    } finally {
      server.command("CONFIG", "SET", "maxmemory", "0");
    }
  }

  @Test
  void historyIsTrimmedToItsLengthExactly() {
    append(backend, "orders", 1, 150);
    assertEquals(new Report(100, true, 50, Optional.empty()), trim(keep(7, Set.of(), true)));
    assertEquals(new Report(43, false, 7, Optional.empty()), trim(keep(7, Set.of(), true)));
    assertEquals(new Report(0, false, 7, Optional.empty()), trim(keep(7, Set.of(), true)));
  }

  @Test
  void nothingUnreadGoes() {
    declare(backend, "orders", "billing");
    append(backend, "orders", 1, 10);
    assertEquals(new Report(0, false, 10, Optional.of("billing")), trim(keep(0, Set.of(), true)));
  }

  @Test
  void nothingUnacknowledgedGoes() {
    declare(backend, "orders", "billing", "audit");
    List<String> ids = append(backend, "orders", 1, 10);
    read("billing", 10);
    read("audit", 10);
    ack("audit", ids);
    ack("billing", ids.subList(0, 4));
    ack("billing", ids.subList(5, 10));
    assertEquals(new Report(4, false, 6, Optional.of("billing")), trim(keep(0, Set.of(), true)));
    ack("billing", ids.subList(4, 5));
    assertEquals(new Report(6, false, 0, Optional.empty()), trim(keep(0, Set.of(), true)));
  }

  /** Ten entries, all read, five acknowledged; then all are to be read again. */
  private List<String> setBack() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 10);
    read("billing", 10);
    ack("billing", ids.subList(0, 5));
    server.command("XGROUP", "SETID", "orders", "billing", "0");
    return ids;
  }

  @Test
  void whatAGroupSetBackReadsAgainStays() {
    List<String> ids = setBack();
    assertEquals(new Report(0, false, 10, Optional.of("billing")), trim(keep(1, Set.of(), true)));
    Need need = await(trimming.inspect("orders", Set.of())).needs().getFirst();
    assertEquals(Need.Kind.UNREAD, need.kind());
    assertEquals(ids.getFirst(), need.first().orElseThrow().position().value());
    assertEquals(5, need.pending());
  }

  @Test
  void aReaderWritesNoFloorBeyondWhatIsReadAgain() {
    setBack();
    String[] keys = {
      "orders", "{orders}:floor", "{orders}:leases:billing", "{orders}:alive:billing"
    };
    var words = new ArrayList<>(List.of("EVAL", Scripts.load("reader-tend").body(), "7"));
    words.addAll(List.of(keys));
    words.addAll(
        List.of("{orders}:turn:billing", "{orders}:retry:billing", "{orders}:audit:billing"));
    words.addAll(List.of("billing", "w", "30000", "30000", "10000", "1", "1"));
    server.command(words.toArray(String[]::new));
    assertEquals("0-1", server.text("HGET", "{orders}:floor", "billing"));
  }

  @Test
  void declaredGroupsProtectBeforeTheyExist() {
    append(backend, "orders", 1, 10);
    assertEquals(
        new Report(0, false, 10, Optional.of("later")), trim(keep(0, Set.of("later"), true)));
  }

  @Test
  void vanishedGroupProtectsFromItsFloorOn() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 10);
    read("billing", 6);
    ack("billing", ids.subList(0, 6));
    assertEquals(2, trim(keep(8, Set.of("billing"), true)).removed());
    String floor = server.text("HGET", "{orders}:floor", "billing");
    server.command("XGROUP", "DESTROY", "orders", "billing");
    assertEquals(
        new Report(4, false, 4, Optional.of("billing")), trim(keep(0, Set.of("billing"), true)));
    // A group made again further back does not lower it.
    server.command("XGROUP", "CREATE", "orders", "billing", "0");
    trim(keep(0, Set.of("billing"), true));
    assertEquals(floor, server.text("HGET", "{orders}:floor", "billing"));
  }

  @Test
  void aFloorOfAnEarlierStreamProtectsEverything() {
    server.command("HSET", "{orders}:floor", "later", "100-1");
    for (int i = 1; i <= 3; i++) {
      server.command("XADD", "orders", i + "-0", "a", "b");
    }
    assertEquals(
        new Report(0, false, 3, Optional.of("later")), trim(keep(0, Set.of("later"), true)));
    Need need = await(trimming.inspect("orders", Set.of("later"))).needs().getFirst();
    assertEquals(Need.Kind.ABSENT, need.kind());
    assertEquals("1-0", need.first().orElseThrow().position().value());
  }

  @Test
  void aFloorAtTheEndOfTheStreamIsBelieved() {
    append(backend, "orders", 1, 2);
    server.command("XADD", "orders", "9000000000000-7", "a", "b");
    server.command("HSET", "{orders}:floor", "later", "9000000000000-8");
    assertEquals(
        Optional.empty(),
        await(trimming.inspect("orders", Set.of("later"))).needs().getFirst().first());
    assertEquals(new Report(3, false, 0, Optional.empty()), trim(keep(0, Set.of("later"), true)));
  }

  @Test
  void aGroupAtTheHighestIdNeedsNothing() {
    append(backend, "orders", 1, 3);
    String highest = "18446744073709551615-18446744073709551615";
    server.command("XGROUP", "CREATE", "orders", "billing", highest);
    Need need = await(trimming.inspect("orders", Set.of())).needs().getFirst();
    assertEquals(Need.Kind.UNREAD, need.kind());
    assertEquals(Optional.empty(), need.first());
    assertEquals(new Report(3, false, 0, Optional.empty()), trim(keep(0, Set.of(), true)));
    server.command("XGROUP", "DESTROY", "orders", "billing");
    append(backend, "orders", 4, 4);
    Need absent = await(trimming.inspect("orders", Set.of("billing"))).needs().getFirst();
    assertTrue(absent.first().isPresent(), absent::toString);
  }

  @Test
  void dropPolicyTakesUnreadEntriesToo() {
    declare(backend, "orders", "billing");
    append(backend, "orders", 1, 10);
    assertEquals(
        new Report(7, false, 3, Optional.empty(), Map.of("billing", 7L)),
        trim(keep(3, Set.of(), false)));
  }

  @Test
  void floorsOfCountAndAgeWin() {
    append(backend, "orders", 1, 10);
    var young =
        new Limits(
            OptionalLong.of(0), Optional.empty(), 0, Duration.ofHours(1), Set.of(), true, 100);
    assertEquals(new Report(0, false, 10, Optional.empty()), trim(young));
    var few =
        new Limits(OptionalLong.of(0), Optional.empty(), 4, Duration.ZERO, Set.of(), true, 100);
    assertEquals(new Report(6, false, 4, Optional.empty()), trim(few));
  }

  @Test
  void oldEntriesGo() {
    for (int i = 1; i <= 5; i++) {
      server.command("XADD", "orders", "1000-" + i, "a", "b");
    }
    append(backend, "orders", 1, 5);
    var old =
        new Limits(
            OptionalLong.empty(),
            Optional.of(Duration.ofMinutes(1)),
            0,
            Duration.ZERO,
            Set.of(),
            true,
            100);
    assertEquals(new Report(5, false, 5, Optional.empty()), trim(old));
  }

  @Test
  void dryRunTellsAndLeavesEverything() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 300);
    read("billing", 250);
    ack("billing", ids.subList(0, 220));
    var limits = keep(0, Set.of(), true);
    assertEquals(
        new Report(100, true, 200, Optional.empty()), await(trimming.trim("orders", limits, true)));
    assertEquals(300, server.number("XLEN", "orders"));
    assertEquals(0, server.number("EXISTS", "{orders}:floor"));
    trim(limits);
    trim(limits);
    assertEquals(
        new Report(20, false, 80, Optional.of("billing")),
        await(trimming.trim("orders", limits, true)));
    assertEquals(new Report(20, false, 80, Optional.of("billing")), trim(limits));
  }

  @Test
  void missingStreamHasNothingToTrim() {
    assertEquals(new Report(0, false, 0, Optional.empty()), trim(keep(0, Set.of("g"), true)));
    assertEquals(0, server.number("EXISTS", "orders"));
  }

  @Test
  void largeSequencesAreComparedAsNumbers() {
    server.command("XADD", "orders", "5-9007199254740993", "a", "b");
    server.command("XADD", "orders", "5-18446744073709551615", "a", "b");
    server.command("XADD", "orders", "10-1", "a", "b");
    server.command("XGROUP", "CREATE", "orders", "g", "5-18446744073709551615");
    assertEquals(new Report(2, false, 1, Optional.of("g")), trim(keep(0, Set.of(), true)));
    assertEquals("6-0", server.text("HGET", "{orders}:floor", "g"));
  }

  private void fill(int count) {
    server.command(
        "EVAL",
        "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'n', i, '_id', i) end",
        "1",
        "orders",
        "" + count);
  }

  private static Limits inSlicesOf(int slice, long length) {
    return new Limits(
        OptionalLong.of(length), Optional.empty(), 0, Duration.ZERO, Set.of(), true, slice);
  }

  private List<Report> trimAll(Limits limits) {
    var reports = new ArrayList<Report>();
    do {
      reports.add(trim(limits));
    } while (reports.getLast().more());
    return reports;
  }

  @Test
  void aSliceReadsNoMoreHoweverMuchItRemoves() {
    declare(backend, "orders", "billing");
    fill(30_000);
    server.command("XGROUP", "SETID", "orders", "billing", "$");
    fill(500);
    server.command("CONFIG", "RESETSTAT");
    // Not a number of whole nodes: the rest of the last one is left to the next slice.
    Report report = trim(inSlicesOf(20_050, 333));
    assertTrue(report.removed() > 19_000, report::toString);
    String reads = server.info("commandstats", "cmdstat_xrange");
    assertTrue(reads.startsWith("calls=1,"), reads);
  }

  @Test
  void largeSlicesEndExactlyWhereTheyShould() {
    declare(backend, "orders", "billing");
    fill(12_345);
    read("billing", 10_007);
    server.command(
        "EVAL",
        "for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 10007)) do"
            + " redis.call('XACK', KEYS[1], 'billing', e[1]) end",
        "1",
        "orders");
    List<Report> slices = trimAll(inSlicesOf(5_000, 100));
    assertEquals(10_007, slices.stream().mapToLong(Report::removed).sum());
    assertEquals(new Report(7, false, 2_338, Optional.of("billing")), slices.getLast());
    assertEquals("10008", firstId());
  }

  private String firstId() {
    return server.text(
        "EVAL",
        "return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][2][4]",
        "1",
        "orders");
  }

  @Test
  void growthIsNotedOnceAnHourAndForADay() {
    append(backend, "orders", 1, 10);
    trim(keep(100, Set.of(), true));
    append(backend, "orders", 11, 20);
    trim(keep(100, Set.of(), true));
    assertEquals(1, server.number("HLEN", "{orders}:trend"));
    long hour = System.currentTimeMillis() / 3_600_000;
    server.command("DEL", "{orders}:trend");
    for (long past = 1; past <= 25; past++) {
      long at = (hour - past) * 3_600_000;
      server.command("HSET", "{orders}:trend", "" + (hour - past), at + " " + (20 - past / 2));
    }
    trim(keep(100, Set.of(), true));
    assertEquals(25, server.number("HLEN", "{orders}:trend"));
    assertEquals(0, server.number("HEXISTS", "{orders}:trend", "" + (hour - 25)));
    var history = await(trimming.inspect("orders", Set.of())).history();
    assertEquals(20, history.getLast().added());
    assertEquals(8, history.getFirst().added());
  }

  @Test
  void growthOfAnotherStreamOfThatNameIsForgotten() {
    server.command("HSET", "{orders}:trend", "1", "3600000 500");
    append(backend, "orders", 1, 10);
    trim(keep(100, Set.of(), true));
    var history = await(trimming.inspect("orders", Set.of())).history();
    assertEquals(1, history.size(), history::toString);
    assertEquals(10, history.getFirst().added());
  }

  @Test
  void notesOnWhatWasAcknowledgedByHandAreForgotten() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 3);
    read("billing", 2);
    server.command("HSET", "{orders}:notes:billing", ids.get(0), "left", ids.get(1), "held");
    ack("billing", ids.subList(0, 1));
    trim(keep(100, Set.of(), true));
    assertEquals(List.of(ids.get(1)), server.command("HKEYS", "{orders}:notes:billing"));
  }

  @Test
  void whatWasHandedBackHasNoConsumer() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 2);
    server.command(
        "XREADGROUP", "GROUP", "billing", "{handed-back}", "COUNT", "1", "STREAMS", "orders", ">");
    var need = await(trimming.inspect("orders", Set.of())).needs().getFirst();
    assertEquals(ids.getFirst(), need.first().orElseThrow().position().value());
    assertEquals(Optional.empty(), need.consumer());
    assertEquals(1, need.pending());
  }

  @Test
  void memoryIsToldWithItsLimit() {
    assertEquals(OptionalLong.empty(), await(trimming.memory()).limit());
    assertTrue(await(trimming.memory()).used() > 0);
    server.command("CONFIG", "SET", "maxmemory", "1gb");
    try {
      assertEquals(OptionalLong.of(1L << 30), await(trimming.memory()).limit());
    } finally {
      server.command("CONFIG", "SET", "maxmemory", "0");
    }
  }

  @Test
  void ofAClusterTheFullestMasterIsTold(RedisCluster cluster) {
    var fullest = cluster.nodes().get(1);
    fullest.command("CONFIG", "SET", "maxmemory", "100mb");
    cluster.nodes().get(0).command("CONFIG", "SET", "maxmemory", "1gb");
    try (Backend onCluster = Backends.open(cluster.url())) {
      var memory = await(onCluster.facet(Trimming.class).orElseThrow().memory());
      assertEquals(OptionalLong.of(100L << 20), memory.limit());
      assertTrue(memory.share().orElseThrow() > 0);
    }
  }

  @Test
  void settingsCanBeStoredInAFullMemory() {
    append(backend, "orders", 1, 1);
    server.command("CONFIG", "SET", "maxmemory", "1");
    try {
      await(trimming.store("orders", Map.of("maxLength", "5")));
    } finally {
      server.command("CONFIG", "SET", "maxmemory", "0");
    }
    assertEquals(Map.of("maxLength", "5"), await(backend.log().describe("orders")).settings());
  }

  @Test
  void deletingAStreamLeavesNothingBeside() {
    declare(backend, "orders", "billing");
    append(backend, "orders", 1, 10);
    await(trimming.store("orders", Map.of("maxLength", "5")));
    trim(keep(5, Set.of(), false));
    server.command("HSET", "{orders}:notes:billing", "1-0", "note");
    server.command("DEL", "{orders}:floor");
    server.command("XGROUP", "DESTROY", "orders", "billing");
    await(backend.log().delete("orders"));
    assertEquals(List.of(), server.command("KEYS", "*"));
  }

  /** Against a model: the longest prefix that the rules allow, with payloads of odd sizes. */
  @Test
  void agreesWithAModelOnRandomStreams() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      server.command("FLUSHALL");
      int length = random.nextInt(260);
      var ids = new ArrayList<String>();
      for (int i = 0; i < length; i++) {
        String payload = "x".repeat(random.nextInt(20) == 0 ? 5_000 : random.nextInt(200));
        String id = (i < length / 2 ? 1_000 : 4_000_000_000_000L) + "-" + (i + 1);
        server.command("XADD", "orders", id, "payload", payload);
        ids.add(id);
      }
      int floor = length;
      if (length > 0 && random.nextBoolean()) {
        server.command("XGROUP", "CREATE", "orders", "g", "0");
        int read = random.nextInt(length) + 1;
        read("g", read);
        floor = random.nextInt(read + 1);
        ack("g", floor == 0 ? List.of("0-1") : ids.subList(0, floor));
      }
      int keep = random.nextInt(260);
      int minCount = random.nextInt(100);
      int slice = 1 + random.nextInt(150);
      boolean age = random.nextBoolean();
      boolean dry = random.nextBoolean();
      int over = Math.max(0, length - keep);
      int old = age ? length / 2 : 0;
      int allowed =
          Math.max(
              0,
              Math.min(Math.min(Math.max(over, old), floor), length - Math.min(length, minCount)));
      var limits =
          new Limits(
              OptionalLong.of(keep),
              age ? Optional.of(Duration.ofDays(1)) : Optional.empty(),
              minCount,
              Duration.ZERO,
              Set.of(),
              true,
              slice);
      Report report = await(trimming.trim("orders", limits, dry));
      String about = "seed " + seed + " round " + round + " " + limits + " floor " + floor;
      assertEquals(Math.min(slice, allowed), report.removed(), about);
      assertEquals(allowed > slice, report.more(), about);
      assertEquals(length - report.removed(), report.length(), about);
      assertEquals(dry ? length : report.length(), server.number("XLEN", "orders"), about);
      if (!report.more()
          && floor == allowed
          && floor < Math.max(over, old)
          && length - minCount > floor) {
        assertTrue(report.pinnedBy().isPresent(), about);
      }
    }
  }
}
