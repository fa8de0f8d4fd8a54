package dev.millrace.broker.backend.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.testkit.LoneAttempt;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithRedis(own = true)
class RedisEffectsTest {
  private static final String SELL = "redis.call('INCRBY', KEYS[1], ARGV[1])";
  private static final List<String> SOLD = List.of("sold");
  private static final List<String> ONE = List.of("1");

  private final RedisServer server;
  private RedisEffects effects;

  RedisEffectsTest(RedisServer server) {
    this.server = server;
  }

  @BeforeEach
  void connect() {
    server.command("FLUSHALL");
    effects = RedisEffects.connect(server.url());
  }

  @AfterEach
  void close() {
    effects.close();
  }

  private List<?> markers() {
    return (List<?>) server.command("KEYS", "*:effect:*");
  }

  @Test
  void effectIsMadeOnceHoweverOftenTheMessageComes() {
    assertTrue(effects.once(LoneAttempt.at("o-1"), SELL, SOLD, List.of("5")));
    assertFalse(effects.once(LoneAttempt.at("o-1"), SELL, SOLD, List.of("5")));
    assertEquals("5", server.text("GET", "sold"));
  }

  @Test
  void tokensAreNotCompared() {
    assertTrue(effects.once(LoneAttempt.at("o-1").withToken(8), SELL, SOLD, ONE));
    assertFalse(effects.once(LoneAttempt.at("o-1").withToken(9), SELL, SOLD, ONE));
    assertFalse(effects.once(LoneAttempt.at("o-1").withToken(7), SELL, SOLD, ONE));
    assertEquals("1", server.text("GET", "sold"));
  }

  @Test
  void groupsStreamsAndIdsHaveEffectsOfTheirOwn() {
    assertTrue(effects.once(new LoneAttempt("a", "b:c", "d", 1), SELL, SOLD, ONE));
    assertTrue(effects.once(new LoneAttempt("a", "b", "c:d", 1), SELL, SOLD, ONE));
    assertTrue(effects.once(new LoneAttempt("a:b", "c", "d", 1), SELL, SOLD, ONE));
    assertEquals("3", server.text("GET", "sold"));
  }

  @Test
  void manyAttemptsAtOnceMakeOneEffectForEachMessage() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var attempts = new ArrayList<Callable<Boolean>>();
      for (int i = 0; i < 1_000; i++) {
        var delivery = LoneAttempt.at("o-" + i % 100);
        attempts.add(() -> effects.once(delivery, SELL, SOLD, ONE));
      }
      long made = 0;
      for (Future<Boolean> each : threads.invokeAll(attempts)) {
        made += each.get() ? 1 : 0;
      }
      assertEquals(100, made);
    }
    assertEquals("100", server.text("GET", "sold"));
  }

  @Test
  void effectThatFailsLeavesNoMarkerAndIsMadeByTheNextAttempt() {
    server.command("LPUSH", "sold", "not a number");
    assertThrows(
        BackendException.class, () -> effects.once(LoneAttempt.at("o-1"), SELL, SOLD, ONE));
    assertEquals(List.of(), markers());
    server.command("DEL", "sold");
    assertTrue(effects.once(LoneAttempt.at("o-1"), SELL, SOLD, ONE));
  }

  @Test
  void effectThatReturnsAnErrorLeavesNoMarker() {
    String refusing = "return redis.error_reply('SOLDOUT nothing left')";
    var refused =
        assertThrows(
            BackendException.class, () -> effects.once(LoneAttempt.at("o-1"), refusing, SOLD, ONE));
    assertEquals("SOLDOUT", refused.code());
    assertEquals(List.of(), markers());
  }

  @Test
  void effectSeesItsOwnKeysAndArgumentsAlone() {
    String lua = "redis.call('SET', KEYS[2], #KEYS .. ARGV[1] .. #ARGV) return 'ignored'";
    assertTrue(
        effects.once(LoneAttempt.at("o-1"), lua, List.of("{a}1", "{a}2"), List.of("x", "y")));
    assertEquals("2x2", server.text("GET", "{a}2"));
  }

  @Test
  void markerNamesItsMessageAndGoesAfterItsTime() {
    try (var brief = RedisEffects.connect(server.url(), Duration.ofSeconds(2))) {
      brief.once(LoneAttempt.at("o-1"), SELL, SOLD, ONE);
      String marker = markers().getFirst().toString();
      assertTrue(marker.startsWith("{sold}:effect:"), marker);
      assertEquals("orders billing o-1", server.text("GET", marker));
      Awaitility.await().until(() -> markers().isEmpty());
      assertTrue(brief.once(LoneAttempt.at("o-1"), SELL, SOLD, ONE));
    }
  }

  @Test
  void effectWithoutAKeyOrWithOneWhoseSlotCannotBeSharedIsRefused() {
    assertThrows(
        InvalidConfigException.class,
        () -> effects.once(LoneAttempt.at("o-1"), SELL, List.of(), ONE));
    assertThrows(
        InvalidConfigException.class,
        () -> effects.once(LoneAttempt.at("o-1"), SELL, List.of("{}x"), ONE));
    assertThrows(
        InvalidConfigException.class, () -> RedisEffects.connect(server.url(), Duration.ZERO));
  }

  @Test
  void markerIsInTheSlotOfItsKeysOnACluster(RedisCluster cluster) {
    try (var there = RedisEffects.connect(cluster.url())) {
      for (String key : List.of("a", "b", "c", "{shop}:sold", "x{y}z")) {
        assertTrue(there.once(LoneAttempt.at("o-1"), SELL, List.of(key), ONE), key);
        assertFalse(there.once(LoneAttempt.at("o-1"), SELL, List.of(key), ONE), key);
      }
    }
  }
}
