package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.append;
import static dev.millrace.broker.backend.redis.Backends.await;
import static dev.millrace.broker.backend.redis.Backends.declare;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import dev.millrace.broker.api.spi.Schedules;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each kind of key by itself: who owns it, and when nobody does. */
@WithRedis(own = true)
class HousekeepingKeysTest {
  private final RedisServer server;
  private Backend backend;

  HousekeepingKeysTest(RedisServer server) {
    this.server = server;
  }

  @BeforeEach
  void open() {
    server.command("FLUSHALL");
    backend = Backends.open(server.url());
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private List<Leftover> leftovers() {
    return await(backend.facet(Housekeeping.class).orElseThrow().leftovers());
  }

  private List<String> names() {
    return leftovers().stream().map(Leftover::name).toList();
  }

  /** All that a stream with a group may have for ever. */
  private void writeEverything(String tail, String group) {
    for (String hash : List.of("floor", "fence", "audits", "settings", "trend")) {
      server.command("HSET", "{orders}:" + hash + tail, "a", "1");
    }
    server.command("XADD", "{orders}:drops" + tail, "*", "a", "b");
    for (String hash : List.of("notes", "retry-notes", "leases", "audit", "parked-entries")) {
      server.command("HSET", "{orders}:" + hash + ":" + group, "a", "1");
    }
    server.command("ZADD", "{orders}:alive:" + group, "1", "a");
    server.command("ZADD", "{orders}:parked:" + group, "1", "a");
    server.command("XADD", "{orders}:retry:" + group, "*", "a", "b");
  }

  @Test
  void whatHasAStreamAndAGroupIsNoLeftover() {
    declare(backend, "orders", "billing");
    writeEverything("", "billing");
    server.command("XADD", "{orders}:dead:billing", "*", "a", "b");
    server.command("XADD", "{orders}:backup", "*", "a", "b");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void whatAStreamLeftIsFoundWithWhatItHolds() {
    writeEverything("", "billing");
    List<Leftover> all = leftovers();
    assertEquals(14, all.size(), all::toString);
    assertEquals(
        List.of("{orders}:parked-entries:billing", "{orders}:retry:billing"),
        all.stream().filter(Leftover::holdsMessages).map(Leftover::name).toList());
    Leftover floors = all.stream().filter(each -> each.name().endsWith("floor")).findFirst().get();
    assertEquals("floors of the groups", floors.what());
    assertEquals("the stream 'orders' does not exist", floors.why());
    assertEquals(1, floors.entries());
  }

  @Test
  void whatAGroupLeftIsFound() {
    declare(backend, "orders", "billing");
    writeEverything("", "gone");
    assertEquals(
        List.of(
            "{orders}:alive:gone",
            "{orders}:audit:gone",
            "{orders}:leases:gone",
            "{orders}:notes:gone",
            "{orders}:parked-entries:gone",
            "{orders}:parked:gone",
            "{orders}:retry-notes:gone",
            "{orders}:retry:gone"),
        names());
    assertEquals("notes of group 'gone'", leftovers().get(3).what());
  }

  @Test
  void streamsBesideAStreamOwnTheirKeysToo() {
    declare(backend, "orders", "billing");
    server.command("XGROUP", "CREATE", "{orders}:dead:billing", "redrive/x", "0", "MKSTREAM");
    writeEverything(":dead/billing", "dead/billing/redrive/x");
    assertEquals(List.of(), leftovers());
    server.command("DEL", "{orders}:dead:billing");
    List<Leftover> all = leftovers();
    assertEquals(14, all.size(), all::toString);
    assertTrue(
        all.stream()
            .anyMatch(
                each -> each.why().equals("the stream '{orders}:dead:billing' does not exist")),
        all::toString);
  }

  @Test
  void foreignKeysAreNobodysBusiness() {
    server.command("SET", "{orders}:cart", "1");
    server.command("SET", "{orders}:floor", "a number, of a building");
    server.command("SET", "{orders}", "1");
    server.command("SET", "millrace:value:limit", "1");
    server.command("SET", "millrace:lease:text", "1");
    server.command("XADD", "orders", "*", "a", "b");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void whatExpiresIsNoLeftoverAndWhatShouldAndDoesNotIsOne() {
    server.command("SET", "{orders}:id:1", "x", "EX", "100");
    server.command("SET", "{orders}:sent:p", "x", "EX", "100");
    server.command("HSET", "{orders}:notes:billing", "a", "b");
    server.command("EXPIRE", "{orders}:notes:billing", "100");
    assertEquals(List.of(), leftovers());
    server.command("PERSIST", "{orders}:sent:p");
    Leftover left = leftovers().getFirst();
    assertEquals("{orders}:sent:p", left.name());
    assertEquals("it should expire and does not", left.why());
  }

  @Test
  void schedulesAreLeftWhenNobodyMovesThem() {
    var schedules = backend.facet(Schedules.class).orElseThrow();
    var entry = Entry.of("1", Fields.of("a", "b"));
    Instant now = Instant.now();
    await(schedules.put("orders", "soon", now.minus(Duration.ofHours(1)), entry));
    await(schedules.put("orders", "late", now.plus(Duration.ofHours(1)), entry));
    assertEquals(List.of(), leftovers());
    await(schedules.put("orders", "old", now.minus(Duration.ofDays(2)), entry));
    assertEquals(List.of("{orders}:schedule", "{orders}:schedule-entries"), names());
    assertEquals(3, leftovers().getLast().entries());
    assertTrue(leftovers().getLast().holdsMessages());
  }

  @Test
  void scheduledEntriesWithoutTheirDueTimesAreLeft() {
    server.command("HSET", "{orders}:schedule-entries", "1", "packed");
    assertEquals("it has no due times", leftovers().getFirst().why());
  }

  @Test
  void leasesAndMembersExpire() {
    var coordination = backend.facet(Coordination.class).orElseThrow();
    await(coordination.acquire("l", "a", Duration.ofMinutes(1)));
    await(coordination.release("l", "a"));
    await(coordination.heartbeat("g", "m", Duration.ofMinutes(1)));
    assertTrue(server.number("PTTL", "millrace:lease:l") > 86_000_000);
    assertTrue(server.number("PTTL", "millrace:members:g") > 55_000);
    assertEquals(List.of(), leftovers());
  }

  @Test
  void leasesAndMembersWithoutATimeToLiveAreLeftWhenTheyAreOver() {
    long now = System.currentTimeMillis();
    server.command("HSET", "millrace:lease:held", "until", "" + (now + 60_000));
    server.command("HSET", "millrace:lease:over", "until", "" + (now - 90_000_000));
    server.command("ZADD", "millrace:members:alive", "" + (now + 60_000), "m");
    server.command("ZADD", "millrace:members:dead", "" + (now - 60_000), "m");
    assertEquals(List.of("millrace:lease:over", "millrace:members:dead"), names());
  }

  @Test
  void aStreamThatIsSentToAndReadLeavesNothingWhenItIsDeleted() {
    declare(backend, "orders", "billing");
    var entries = List.of(Entry.of("id-1", Fields.of("a", "b")));
    await(backend.log().append("orders", entries, AppendGuard.none()));
    await(backend.log().delete("orders"));
    assertEquals(List.of(), leftovers());
  }

  @Test
  void manyKeysAreLookedThroughInPages() {
    for (int i = 0; i < 1_700; i++) {
      server.command("HSET", "{s" + i + "}:floor", "a", "1");
    }
    assertEquals(1_700, leftovers().size());
  }

  @Test
  void leftoversOnAllMastersOfAClusterAreFound(RedisCluster cluster) {
    try (Backend onCluster = Backends.open(cluster.url())) {
      for (int i = 0; i < 12; i++) {
        append(onCluster, "{s" + i + "}:backup", 1, 1);
      }
      var all = await(onCluster.facet(Housekeeping.class).orElseThrow().leftovers());
      assertEquals(12, all.size(), all::toString);
    }
  }
}
