package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.append;
import static dev.millrace.broker.backend.redis.Backends.await;
import static dev.millrace.broker.backend.redis.Backends.declare;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.api.spi.Trimming.Report;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What groups lose is counted by what the removals answer; here it is held against what was there.
 */
@WithRedis(own = true)
class DroppingTest {
  private final RedisServer server;
  private Backend backend;
  private Trimming trimming;

  DroppingTest(RedisServer server) {
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

  private Report drop(long keep, int slice) {
    var limits =
        new Limits(
            OptionalLong.of(keep), Optional.empty(), 0, Duration.ZERO, Set.of(), false, slice);
    return await(trimming.trim("orders", limits, false));
  }

  private List<Report> dropAll(long keep, int slice) {
    var reports = new ArrayList<Report>();
    do {
      reports.add(drop(keep, slice));
    } while (reports.getLast().more());
    return reports;
  }

  private static Map<String, Long> sum(List<Report> reports) {
    var sum = new TreeMap<String, Long>();
    reports.forEach(
        report -> report.dropped().forEach((group, count) -> sum.merge(group, count, Long::sum)));
    return sum;
  }

  private void read(String group, int count) {
    server.command(
        "XREADGROUP", "GROUP", group, "w", "COUNT", "" + count, "STREAMS", "orders", ">");
  }

  private void fill(int count) {
    server.command(
        "EVAL",
        "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'n', i, '_id', i) end",
        "1",
        "orders",
        "" + count);
  }

  @Test
  void whatSomebodyDeletedBeforeIsNoLossOfTrimming() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 10);
    read("billing", 6);
    server.command("XDEL", "orders", ids.get(2), ids.get(7));
    Report report = drop(2, 100);
    assertEquals(6, report.removed());
    assertEquals(Map.of("billing", 6L), report.dropped());
    // It is for a reader to find and to report.
    assertEquals(1, pending("billing"));
  }

  @Test
  void whatAGroupSetBackWouldReadAgainIsALoss() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 10);
    read("billing", 10);
    for (String id : ids.subList(0, 5)) {
      server.command("XACK", "orders", "billing", id);
    }
    server.command("XGROUP", "SETID", "orders", "billing", "0");
    Report report = drop(2, 100);
    assertEquals(8, report.removed());
    assertEquals(Map.of("billing", 8L), report.dropped());
    assertEquals(2, pending("billing"));
  }

  private long pending(String group) {
    return server.number(
        "EVAL", "return redis.call('XPENDING', KEYS[1], ARGV[1])[1]", "1", "orders", group);
  }

  @Test
  void notesOnWhatWasDroppedAreForgotten() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 3);
    read("billing", 3);
    server.command("HSET", "{orders}:notes:billing", ids.get(0), "gone", ids.get(2), "stays");
    drop(1, 100);
    assertEquals(List.of(ids.get(2)), server.command("HKEYS", "{orders}:notes:billing"));
  }

  @Test
  void manyPendingOnesGoInShortSlicesAndAreAllCounted() {
    declare(backend, "orders", "billing", "audit");
    fill(3_000);
    read("billing", 2_000);
    read("audit", 3_000);
    List<Report> slices = dropAll(500, 20_000);
    assertTrue(slices.size() > 5, () -> "slices " + slices.size());
    assertEquals(Map.of("audit", 2_500L, "billing", 2_500L), sum(slices));
    assertEquals(500, pending("audit"));
    assertEquals(0, pending("billing"));
  }

  @Test
  void unreadOnesGoByWholeNodes() {
    declare(backend, "orders", "billing");
    fill(30_000);
    server.command("CONFIG", "RESETSTAT");
    Report report = drop(9_950, 20_000);
    assertEquals(Map.of("billing", 20_000L), report.dropped());
    String reads = server.info("commandstats", "cmdstat_xrange");
    assertTrue(Integer.parseInt(reads.replaceFirst("calls=(\\d+),.*", "$1")) < 10, reads);
  }

  @Test
  void auditTellsDroppedEntriesOfOthersApart() {
    declare(backend, "orders", "billing");
    Audit audit = backend.facet(Audit.class).orElseThrow();
    await(audit.begin("orders"));
    fill(1_200);
    for (int i = 0; i < 5; i++) {
      server.command("XADD", "orders", "*", "a", "b");
    }
    List<Report> slices = dropAll(2, 20_000);
    assertTrue(slices.size() > 2, () -> "slices " + slices.size());
    AuditSum sum = await(audit.take("orders")).getFirst();
    assertEquals(1_203, sum.dropped());
    assertEquals(5, sum.foreign());
    assertEquals(OptionalLong.of(0), sum.missing(), sum::toString);
  }

  @Test
  void auditCountsExpiredLettersOfAStreamBesideAStream() {
    server.command("XGROUP", "CREATE", "{orders}:dead:billing", "redrive", "0", "MKSTREAM");
    Audit audit = backend.facet(Audit.class).orElseThrow();
    await(audit.begin("{orders}:dead:billing"));
    append(backend, "{orders}:dead:dead/billing/redrive", 1, 3);
    var limits =
        new Limits(OptionalLong.of(1), Optional.empty(), 0, Duration.ZERO, Set.of(), true, 100);
    await(trimming.trim("{orders}:dead:dead/billing/redrive", limits, false));
    assertEquals(2, await(audit.take("{orders}:dead:billing")).getFirst().expired());
  }

  /** Entries, some of them deleted; groups at random places with random gaps; random slices. */
  @Test
  void agreesWithWhatWasThereOnRandomStreams() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 40; round++) {
      server.command("FLUSHALL");
      int length = 1 + random.nextInt(400);
      declare(backend, "orders");
      server.command("XGROUP", "CREATE", "orders", "g0", "0", "MKSTREAM");
      List<String> ids = append(backend, "orders", 1, length);
      var needs = new HashMap<String, List<Integer>>();
      int groups = 1 + random.nextInt(8);
      for (int g = 0; g < groups; g++) {
        needs.put("g" + g, group("g" + g, ids, random));
      }
      var deleted = new ArrayList<Integer>();
      for (int i = 0; i < length; i++) {
        if (random.nextInt(15) == 0) {
          server.command("XDEL", "orders", ids.get(i));
          deleted.add(i);
        }
      }
      int there = length - deleted.size();
      int keep = random.nextInt(there + 1);
      String about = "seed " + seed + " round " + round;
      List<Report> slices = dropAll(keep, 1 + random.nextInt(300));
      assertEquals(keep, slices.getLast().length(), about);
      int gone = there - keep;
      var going = new ArrayList<Integer>();
      for (int i = 0; going.size() < gone; i++) {
        if (!deleted.contains(i)) {
          going.add(i);
        }
      }
      var expected = new TreeMap<String, Long>();
      needs.forEach(
          (group, needed) -> {
            long lost = going.stream().filter(needed::contains).count();
            if (lost > 0) {
              expected.put(group, lost);
            }
          });
      assertEquals(expected, sum(slices), about);
      List<Drop> ledger = await(trimming.drops("orders", 5_000));
      var listed = new TreeMap<String, Long>();
      ledger.forEach(drop -> listed.merge(drop.group(), drop.messages(), Long::sum));
      assertEquals(expected, listed, about);
    }
  }

  /** Reads some and acknowledges some of these. */
  private List<Integer> group(String name, List<String> ids, Random random) {
    if (!name.equals("g0")) {
      server.command("XGROUP", "CREATE", "orders", name, "0");
    }
    int read = random.nextInt(ids.size() + 1);
    if (read > 0) {
      read(name, read);
    }
    boolean diligent = random.nextBoolean();
    var needed = new ArrayList<Integer>();
    for (int i = 0; i < ids.size(); i++) {
      if (i < read && (diligent || random.nextBoolean())) {
        server.command("XACK", "orders", name, ids.get(i));
      } else {
        needed.add(i);
      }
    }
    return needed;
  }
}
