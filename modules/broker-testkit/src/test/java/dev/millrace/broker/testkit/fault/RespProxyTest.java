package dev.millrace.broker.testkit.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.RespClient;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithRedis(own = true)
class RespProxyTest {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private RedisServer redis;
  private RespProxy proxy;

  @BeforeEach
  void connect(RedisServer server) {
    redis = server;
    redis.command("FLUSHALL");
    proxy = RespProxy.before(server.host(), server.port());
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  private RespClient client() {
    return new RespClient("127.0.0.1", proxy.port(), PATIENCE);
  }

  private static Predicate<List<String>> command(String name) {
    return words -> words.getFirst().equals(name);
  }

  @Test
  void passesEverythingAndCountsIt() {
    try (var client = client()) {
      assertEquals("OK", client.command("SET", "schlüssel", "wert ✓\r\nzeile"));
      assertEquals("wert ✓\r\nzeile", client.command("GET", "schlüssel"));
      assertNull(client.command("GET", "nothing"));
      client.command("RPUSH", "list", "a", "b");
      assertEquals(List.of("a", "b"), client.command("LRANGE", "list", "0", "-1"));
      assertEquals(2, proxy.counts().of("get"));
      assertEquals(5, proxy.counts().total());
      assertEquals(1, proxy.connections());
    }
  }

  @Test
  void swallowsTheReplyOfAnExecutedRequest() {
    ProxyRule rule = proxy.swallowReply(command("INCR"), 2);
    try (var client = client()) {
      client.send("INCR", "n");
      client.send("INCR", "n");
      assertEquals(1L, client.answer());
      assertThrows(BackendUnavailableException.class, client::answer);
    }
    assertEquals("2", redis.text("GET", "n"));
    assertEquals(1, rule.hits());
    try (var client = client()) {
      assertEquals(3L, client.command("INCR", "n"));
    }
    assertEquals(1, rule.hits());
  }

  @Test
  void answersInTheServersPlaceAndInOrder() {
    ProxyRule rule = proxy.answer(command("INCR"), "-LOADING the dataset", 1);
    try (var client = client()) {
      client.send("SET", "a", "1");
      client.send("INCR", "a");
      client.send("GET", "a");
      client.send("INCR", "a");
      assertEquals("OK", client.answer());
      assertEquals("LOADING", assertThrows(BackendException.class, client::answer).code());
      assertEquals("1", client.answer());
      assertEquals(2L, client.answer());
    }
    assertEquals(1, rule.hits());
  }

  @Test
  void frozenLinkGoesOnWhereItStood() {
    try (var client = client()) {
      client.command("PING");
      proxy.freeze();
      client.send("INCR", "n");
      assertThrows(BackendUnavailableException.class, client::answer);
      assertNull(redis.command("GET", "n"));
      assertEquals(1, proxy.held());
      proxy.heal();
      assertEquals(1L, client.answer());
    }
  }

  @Test
  void droppedRequestsNeverArriveAndTheirLinkBreaksWithTheHealing() {
    try (var client = client()) {
      client.command("PING");
      proxy.dropRequests();
      client.send("INCR", "n");
      Awaitility.await().until(() -> proxy.dropped() == 1);
      proxy.heal();
      assertThrows(BackendUnavailableException.class, client::answer);
    }
    assertNull(redis.command("GET", "n"));
  }

  @Test
  void requestsWithDroppedRepliesAreExecuted() {
    try (var client = client()) {
      client.command("PING");
      proxy.dropReplies();
      client.send("INCR", "n");
      Awaitility.await().until(() -> proxy.dropped() == 1);
      proxy.heal();
      assertThrows(BackendUnavailableException.class, client::answer);
    }
    assertEquals("1", redis.text("GET", "n"));
  }

  @Test
  void delayedLinkIsSlow() {
    try (var client = client()) {
      proxy.delay(Duration.ofMillis(60));
      long begun = System.nanoTime();
      client.command("PING");
      assertTrue(System.nanoTime() - begun >= Duration.ofMillis(120).toNanos());
    }
  }

  @Test
  void cutsAndRefusesUntilItIsHealed() {
    try (var client = client()) {
      client.command("PING");
      proxy.refuse();
      assertEquals("PONG", client.command("PING"));
      assertEquals(1, proxy.cutAll());
      assertThrows(BackendUnavailableException.class, () -> client.command("PING"));
      assertThrows(BackendUnavailableException.class, this::client);
    }
    proxy.heal();
    try (var client = client()) {
      assertEquals("PONG", client.command("PING"));
    }
  }

  @Test
  void clientSeesTheServerGo() {
    try (var server = RedisServer.startOwn();
        var before = RespProxy.before(server.host(), server.port());
        var client = new RespClient("127.0.0.1", before.port(), Duration.ofSeconds(5))) {
      client.command("PING");
      server.kill();
      Awaitility.await().until(() -> before.open() == 0);
      assertThrows(BackendUnavailableException.class, () -> client.command("PING"));
    }
  }
}
