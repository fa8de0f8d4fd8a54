package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.append;
import static dev.millrace.broker.backend.redis.Backends.await;
import static dev.millrace.broker.backend.redis.Backends.declare;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithRedis(own = true)
class StreamLogTest {
  private final RedisServer server;
  private Backend backend;

  StreamLogTest(RedisServer server) {
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

  @Test
  void describingAStreamDoesNotFetchItsEntries() {
    await(
        backend
            .log()
            .append(
                "orders",
                List.of(Entry.of("7", Fields.of("payload", "x".repeat(1 << 20)))),
                AppendGuard.none()));
    long before = sent();
    assertEquals(1, await(backend.log().describe("orders")).length());
    assertTrue(sent() - before < 100_000, () -> "bytes sent: " + (sent() - before));
  }

  private long sent() {
    return Long.parseLong(server.info("stats", "total_net_output_bytes"));
  }

  @Test
  void whatIsAppendedReadsWellInRedisCli() {
    var entry =
        new Entry("7", "NEW_ORDER", "c1", Map.of("a", "b"), Fields.of("payload", "{\"n\":1}"));
    var at =
        assertInstanceOf(
            Appended.At.class,
            await(backend.log().append("orders", List.of(entry), AppendGuard.none())).getFirst());
    assertFalse(at.duplicate());
    assertEquals(
        List.of(
            List.of(
                at.position().value(),
                List.of(
                    "_type",
                    "NEW_ORDER",
                    "payload",
                    "{\"n\":1}",
                    "_key",
                    "c1",
                    "_h:a",
                    "b",
                    "_id",
                    "7"))),
        server.command("XRANGE", "orders", "-", "+"));
  }

  @Test
  void longListsKeepTheirOrder() {
    List<String> positions = append(backend, "orders", 1, 5_000);
    assertEquals(5_000, server.number("XLEN", "orders"));
    var found = new ArrayList<String>();
    Optional<dev.millrace.broker.api.spi.Position> after = Optional.empty();
    var history = backend.facet(History.class).orElseThrow();
    while (found.size() < 5_000) {
      var page = await(history.scan("orders", after, 1_000));
      page.forEach(one -> found.add(one.position().value()));
      assertEquals("id-" + found.size(), page.getLast().entry().id().orElseThrow());
      after = Optional.of(page.getLast().position());
    }
    assertEquals(positions, found);
    assertEquals(List.of(), await(history.scan("orders", after, 10)));
  }

  @Test
  void describesWhatIsThere() {
    declare(backend, "orders", "billing", "audit");
    List<String> positions = append(backend, "orders", 1, 3);
    server.command("XREADGROUP", "GROUP", "billing", "w1", "COUNT", "2", "STREAMS", "orders", ">");
    StreamState state = await(backend.log().describe("orders"));
    assertTrue(state.exists());
    assertEquals(3, state.length());
    assertEquals(positions.get(0), state.first().orElseThrow().value());
    assertEquals(positions.get(2), state.last().orElseThrow().value());
    var billing =
        state.groups().stream().filter(g -> g.name().equals("billing")).findFirst().orElseThrow();
    assertEquals(positions.get(1), billing.lastDelivered().value());
    assertEquals(2, billing.pending());
    assertEquals(OptionalLong.of(1), billing.lag());
    assertEquals(List.of("w1"), billing.consumers());
    assertEquals(2, state.groups().size());
  }

  @Test
  void describesWhatIsNotThere() {
    StreamState state = await(backend.log().describe("nothing"));
    assertFalse(state.exists());
    assertEquals(0, state.length());
  }

  @Test
  void declaresTwiceWithoutHarm() {
    append(backend, "orders", 1, 2);
    declare(backend, "orders", "billing");
    server.command("XREADGROUP", "GROUP", "billing", "w1", "STREAMS", "orders", ">");
    declare(backend, "orders", "billing");
    assertEquals(2, await(backend.log().describe("orders")).groups().getFirst().pending());
  }

  @Test
  void refusesBadNames() {
    var spec = new StreamSpec("or{ders", Set.of("gr\noup"));
    var refused =
        assertThrows(InvalidConfigException.class, () -> await(backend.log().declare(spec)));
    assertEquals(2, refused.faults().size());
  }

  @Test
  void deletesTheStreamAndAllBesideItButItsDeadLettersAndItsBackup() {
    declare(backend, "orders", "billing");
    append(backend, "orders", 1, 3);
    server.command("HSET", "{orders}:floor", "gone", "1-1");
    server.command("XADD", "{orders}:retry:billing", "*", "a", "b");
    server.command("XADD", "{orders}:dead:gone", "*", "a", "b");
    server.command("XADD", "{orders}:backup", "*", "a", "b");
    server.command("SET", "other", "stays");
    await(backend.log().delete("orders"));
    assertEquals(
        Set.of("other", "{orders}:dead:gone", "{orders}:backup"),
        Set.copyOf((List<?>) server.command("KEYS", "*")));
    await(backend.log().delete("orders"));
  }

  @Test
  void refusalsOfSingleEntriesAreTyped() {
    server.command("SET", "orders", "a string");
    var failed =
        await(
            backend
                .log()
                .append(
                    "orders",
                    List.of(Entry.of("1", Fields.of("a", 1)), Entry.of("2", Fields.of("a", 1))),
                    AppendGuard.none()));
    assertEquals(2, failed.size());
    var error = assertInstanceOf(Appended.Failed.class, failed.getFirst()).error();
    assertEquals("WRONGTYPE", assertInstanceOf(BackendException.class, error).code());
    assertThrows(BackendException.class, () -> await(backend.log().describe("orders")));
  }

  @Test
  void memoryShortageIsTyped() {
    server.command("CONFIG", "SET", "maxmemory", "1");
    try {
      var failed =
          await(
              backend
                  .log()
                  .append("orders", List.of(Entry.of("1", Fields.of("a", 1))), AppendGuard.none()));
      var error = assertInstanceOf(Appended.Failed.class, failed.getFirst()).error();
      assertEquals("OOM", assertInstanceOf(BackendException.class, error).code());
    } finally {
      server.command("CONFIG", "SET", "maxmemory", "0");
    }
  }

  @Test
  void refusesMoreThanMayBeUnderWay() {
    try (Backend small = Backends.open(server.url() + "?maxInFlight=10")) {
      server.pause();
      var first = small.log().append("orders", entries(8), AppendGuard.none());
      var second = await(small.log().append("orders", entries(8), AppendGuard.none()));
      server.resume();
      assertTrue(
          second.stream().allMatch(one -> one instanceof Appended.Failed), second.toString());
      assertEquals(8, await(first).size());
      assertEquals(8, server.number("XLEN", "orders"));
      assertEquals(20, await(small.log().append("orders", entries(20), AppendGuard.none())).size());
    }
  }

  private static List<Entry> entries(int count) {
    var entries = new ArrayList<Entry>();
    for (int i = 0; i < count; i++) {
      entries.add(Entry.of("e" + i, Fields.of("a", 1)));
    }
    return entries;
  }

  @Test
  void healthTellsTheRoundTrip() {
    var health = await(backend.health());
    assertTrue(health.up());
    assertTrue(health.roundTripNanos().orElseThrow() > 0);
  }
}
