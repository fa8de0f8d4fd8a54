package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Appends that store an id once, looked at on the server. */
@WithRedis(own = true)
class IdempotentAppendTest {
  private static final Dedup.BySequence NUMBERS = new Dedup.BySequence("p", 64, false);
  private static final String RING = "{orders}:sent:p";

  private final RedisServer server;
  private Backend backend;

  IdempotentAppendTest(RedisServer server) {
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

  private static List<Entry> numbered(int from, int to) {
    return IntStream.rangeClosed(from, to)
        .mapToObj(n -> Entry.of(NUMBERS.idOf(n), Fields.of("n", n)))
        .toList();
  }

  private List<Appended> append(Dedup dedup, List<Entry> entries) {
    return await(backend.log().append("orders", entries, AppendGuard.none().dedup(dedup)));
  }

  @Test
  void anEntryLooksAsAnyOther() {
    append(NUMBERS, numbered(1, 1));
    var entries = (List<?>) server.command("XRANGE", "orders", "-", "+");
    assertEquals(List.of("n", "1", "_id", "p-1"), ((List<?>) entries.getFirst()).get(1));
  }

  @Test
  void aRingIsSmallLivesForHoursAndIsRenewed() {
    append(NUMBERS, numbered(1, 200));
    assertEquals(16 + 64 * 16, server.number("STRLEN", RING));
    assertTrue(server.number("PTTL", RING) > Duration.ofHours(1).toMillis());
    server.command("PEXPIRE", RING, "60000");
    append(NUMBERS, numbered(201, 264));
    assertTrue(server.number("PTTL", RING) > Duration.ofHours(1).toMillis());
  }

  @Test
  void aServerThatForgotItsScriptsLearnsThemAgain() {
    append(NUMBERS, numbered(1, 1));
    server.command("SCRIPT", "FLUSH");
    assertInstanceOf(Appended.At.class, append(NUMBERS, numbered(2, 2)).getFirst());
    assertEquals(2, server.number("XLEN", "orders"));
  }

  @Test
  void memoryShortageIsTypedAndLeavesNothingBehind() {
    for (Dedup dedup : List.of(NUMBERS, new Dedup.ById(Duration.ofMinutes(1)))) {
      server.command("CONFIG", "SET", "maxmemory", "1");
      try {
        for (Appended each : append(dedup, numbered(1, 3))) {
          var error = assertInstanceOf(Appended.Failed.class, each).error();
          assertEquals("OOM", assertInstanceOf(BackendException.class, error).code());
        }
      } finally {
        server.command("CONFIG", "SET", "maxmemory", "0");
      }
      assertEquals(List.of(), server.command("KEYS", "*"));
    }
    for (Appended each : append(NUMBERS, numbered(1, 3))) {
      assertFalse(assertInstanceOf(Appended.At.class, each).duplicate());
    }
  }

  @Test
  void memoryShortageIsTypedWhereIdsAreRememberedAlready() {
    var ids = new Dedup.ById(Duration.ofMinutes(1));
    append(ids, numbered(1, 1));
    server.command("CONFIG", "SET", "maxmemory", "1");
    try {
      var told = append(ids, numbered(1, 3));
      assertTrue(assertInstanceOf(Appended.At.class, told.getFirst()).duplicate());
      for (Appended each : told.subList(1, 3)) {
        var error = assertInstanceOf(Appended.Failed.class, each).error();
        assertEquals("OOM", assertInstanceOf(BackendException.class, error).code());
      }
    } finally {
      server.command("CONFIG", "SET", "maxmemory", "0");
    }
    assertEquals(1, server.number("XLEN", "orders"));
    assertEquals(0, server.number("EXISTS", "{orders}:id:p-2", "{orders}:id:p-3"));
  }

  @Test
  void aKeyOfAnotherKindIsTypedAndNothingIsStored() {
    server.command("SET", "orders", "a string");
    for (Dedup dedup : List.of(NUMBERS, new Dedup.ById(Duration.ofMinutes(1)))) {
      for (Appended each : append(dedup, numbered(1, 2))) {
        var error = assertInstanceOf(Appended.Failed.class, each).error();
        assertEquals("WRONGTYPE", assertInstanceOf(BackendException.class, error).code());
      }
    }
  }

  @Test
  void moreFieldsThanAScriptTakesAreRefused() {
    var fields = Fields.builder();
    for (int i = 0; i < 4_000; i++) {
      fields.put("f" + i, "v");
    }
    var outcome = append(NUMBERS, List.of(Entry.of("p-1", fields.build()))).getFirst();
    assertInstanceOf(
        MessageTooLargeException.class, assertInstanceOf(Appended.Failed.class, outcome).error());
  }

  @Test
  void markersOfIdsExpireAndBelongToTheStream() {
    append(new Dedup.ById(Duration.ofMinutes(1)), numbered(1, 1));
    long left = server.number("PTTL", "{orders}:id:p-1");
    assertTrue(left > 0 && left <= 60_000, "" + left);
    await(backend.log().delete("orders"));
    var again = append(new Dedup.ById(Duration.ofMinutes(1)), numbered(1, 1)).getFirst();
    assertFalse(assertInstanceOf(Appended.At.class, again).duplicate());
  }

  @Test
  void ringsOfOtherWindowsAreNotMistaken() {
    append(NUMBERS, numbered(1, 3));
    var outcome = append(new Dedup.BySequence("p", 128, false), numbered(1, 1)).getFirst();
    assertInstanceOf(Appended.Failed.class, outcome);
    assertEquals(3, server.number("XLEN", "orders"));
  }

  @Test
  void everythingIsInOneSlotOfACluster(RedisCluster cluster) {
    try (Backend on = Backends.open(cluster.url())) {
      for (Dedup dedup : List.of(NUMBERS, new Dedup.ById(Duration.ofMinutes(1)))) {
        for (String stream : List.of("orders", "{orders}:dead:billing")) {
          var guard = AppendGuard.none().dedup(dedup);
          var all = new ArrayList<Appended>(await(on.log().append(stream, numbered(1, 5), guard)));
          all.addAll(await(on.log().append(stream, numbered(1, 5), guard)));
          for (int i = 0; i < 10; i++) {
            var at = assertInstanceOf(Appended.At.class, all.get(i), all::toString);
            assertEquals(i >= 5, at.duplicate());
          }
        }
      }
    }
  }
}
