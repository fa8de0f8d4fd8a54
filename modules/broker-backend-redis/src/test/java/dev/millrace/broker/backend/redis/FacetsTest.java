package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.append;
import static dev.millrace.broker.backend.redis.Backends.await;
import static dev.millrace.broker.backend.redis.Backends.declare;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.Schedules;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithRedis(own = true)
class FacetsTest {
  private static final GroupRef BILLING = new GroupRef("orders", "billing");

  private final RedisServer server;
  private Backend backend;

  FacetsTest(RedisServer server) {
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

  private <F> F facet(Class<F> type) {
    return backend.facet(type).orElseThrow();
  }

  @Test
  void facetsArePresentExactlyWhenTheFeaturesSaySo() {
    Map<Feature, Class<?>> facets =
        Map.of(
            Feature.LEASES, Leases.class,
            Feature.HISTORY, History.class,
            Feature.PENDING, Pending.class,
            Feature.TRIMMING, Trimming.class,
            Feature.MOVER, Mover.class,
            Feature.AUDIT, Audit.class,
            Feature.SCHEDULES, Schedules.class,
            Feature.COORDINATION, Coordination.class,
            Feature.SERVER_CLOCK, ServerClock.class,
            Feature.REPLY_INBOX, ReplyInbox.class);
    facets.forEach(
        (feature, type) ->
            assertEquals(
                backend.features().has(feature), backend.facet(type).isPresent(), feature.name()));
  }

  @Test
  void resetSetsAGroupAnywhere() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 4);
    server.command("HSET", "{orders}:floor", "billing", ids.get(3));
    for (var expected :
        Map.of(
                StartPosition.beginning(),
                "0-0",
                StartPosition.latest(),
                ids.get(3),
                StartPosition.after(ids.get(1)),
                ids.get(1),
                StartPosition.at(Instant.ofEpochMilli(5)),
                "4-18446744073709551615")
            .entrySet()) {
      await(facet(History.class).reset(BILLING, expected.getKey()));
      var group = await(backend.log().describe("orders")).groups().getFirst();
      assertEquals(expected.getValue(), group.lastDelivered().value());
      assertEquals(0, server.number("HLEN", "{orders}:floor"));
    }
    var error =
        assertThrows(
            BackendException.class,
            () ->
                await(
                    facet(History.class)
                        .reset(new GroupRef("orders", "nobody"), StartPosition.beginning())));
    assertEquals("NOGROUP", error.code());
  }

  @Test
  void pendingIsListedInPages() {
    declare(backend, "orders", "billing");
    List<String> ids = append(backend, "orders", 1, 5);
    server.command("XREADGROUP", "GROUP", "billing", "w1", "STREAMS", "orders", ">");
    var first = await(facet(Pending.class).list(BILLING, Optional.empty(), 2));
    assertEquals(2, first.size());
    assertEquals("w1", first.getFirst().consumer());
    assertEquals(1, first.getFirst().deliveries());
    assertEquals(ids.getFirst(), first.getFirst().position().value());
    var rest =
        await(facet(Pending.class).list(BILLING, Optional.of(first.getLast().position()), 10));
    assertEquals(ids.subList(2, 5), rest.stream().map(one -> one.position().value()).toList());
  }

  @Test
  void schedulesMoveWhatIsDueInOrderAndOnce() {
    var schedules = facet(Schedules.class);
    Instant now = await(facet(ServerClock.class).now());
    var entry = new Entry("1", "T", "k", Map.of("h", "v"), Fields.of("b", new byte[] {0, -1, 10}));
    await(schedules.put("orders", "late", now.plusSeconds(3_600), Entry.of("4", Fields.empty())));
    await(schedules.put("orders", "second", now.minusMillis(5), Entry.of("2", Fields.of("n", 2))));
    await(schedules.put("orders", "first", now.minusMillis(10), entry));
    await(schedules.put("orders", "third", now.plusSeconds(9), Entry.of("x", Fields.of("n", 0))));
    await(schedules.put("orders", "third", now.minusMillis(1), Entry.of("3", Fields.of("n", 3))));
    assertEquals(2, await(schedules.moveDue("orders", "orders", 2)));
    assertEquals(1, await(schedules.moveDue("orders", "orders", 2)));
    assertEquals(0, await(schedules.moveDue("orders", "orders", 2)));
    var moved = await(facet(History.class).scan("orders", Optional.empty(), 10));
    assertEquals(
        List.of("1", "2", "3"), moved.stream().map(one -> one.entry().id().orElseThrow()).toList());
    assertEquals(entry, moved.getFirst().entry());
    assertTrue(await(schedules.cancel("orders", "late")));
    assertFalse(await(schedules.cancel("orders", "late")));
    assertFalse(await(schedules.cancel("orders", "first")));
    assertEquals(List.of("orders"), server.command("KEYS", "*"));
  }

  @Test
  void leasesHaveOneHolderAndARisingToken() {
    var coordination = facet(Coordination.class);
    var minute = Duration.ofMinutes(1);
    long first = await(coordination.acquire("l", "a", minute)).orElseThrow().token();
    assertEquals(first, await(coordination.acquire("l", "a", minute)).orElseThrow().token());
    assertTrue(await(coordination.acquire("l", "b", minute)).isEmpty());
    await(coordination.release("l", "b"));
    assertTrue(await(coordination.acquire("l", "b", minute)).isEmpty());
    await(coordination.release("l", "a"));
    long second =
        await(coordination.acquire("l", "b", Duration.ofMillis(20))).orElseThrow().token();
    assertTrue(second > first);
    Awaitility.await().until(() -> await(coordination.acquire("l", "a", minute)).isPresent());
    long third = await(coordination.acquire("l", "a", minute)).orElseThrow().token();
    assertTrue(third > second);
    server.command("FLUSHALL");
    assertTrue(await(coordination.acquire("l", "b", minute)).orElseThrow().token() > third);
  }

  @Test
  void membersAreThoseWithAHeartbeat() {
    var coordination = facet(Coordination.class);
    await(coordination.heartbeat("g", "a", Duration.ofMinutes(1)));
    await(coordination.heartbeat("g", "b", Duration.ofMillis(30)));
    Awaitility.await()
        .untilAsserted(() -> assertEquals(Set.of("a"), await(coordination.members("g"))));
    await(coordination.heartbeat("g", "c", Duration.ofMinutes(1)));
    assertEquals(Set.of("a", "c"), await(coordination.members("g")));
    assertEquals(Set.of(), await(coordination.members("none")));
  }

  @Test
  void valuesAreSetOnlyAsExpected() {
    var coordination = facet(Coordination.class);
    byte[] one = "1".getBytes(StandardCharsets.UTF_8);
    byte[] none = {};
    assertFalse(await(coordination.compareAndSet("v", Optional.of(one), none)));
    assertTrue(await(coordination.compareAndSet("v", Optional.empty(), none)));
    assertArrayEquals(none, await(coordination.get("v")).orElseThrow());
    assertFalse(await(coordination.compareAndSet("v", Optional.empty(), one)));
    assertTrue(await(coordination.compareAndSet("v", Optional.of(none), one)));
    assertArrayEquals(one, await(coordination.get("v")).orElseThrow());
    assertTrue(await(coordination.get("w")).isEmpty());
  }

  @Test
  void serverClockIsCloseToOursHere() {
    Instant there = await(facet(ServerClock.class).now());
    assertTrue(Duration.between(there, Instant.now()).abs().compareTo(Duration.ofSeconds(5)) < 0);
  }
}
