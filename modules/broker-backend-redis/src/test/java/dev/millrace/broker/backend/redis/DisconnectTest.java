package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.backend.redis.internal.connection.Opening;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl;
import dev.millrace.broker.backend.redis.internal.connection.Waiter;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import dev.millrace.broker.testkit.redis.RedisServer;
import io.lettuce.core.Consumer;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DisconnectTest {
  private RedisServer server;

  @BeforeEach
  void start() {
    server = RedisServer.startOwn("--appendonly", "yes", "--appendfsync", "always");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static CompletionStage<List<Appended>> append(Backend backend, String id) {
    return backend
        .log()
        .append("orders", List.of(Entry.of(id, Fields.of("a", 1))), AppendGuard.none());
  }

  private RedisConnections connect() {
    return Opening.open(
        RedisUrl.parse(BackendUrl.of(server.url())),
        BackendContext.standalone("test"),
        warning -> {});
  }

  @Test
  void appendsWithoutAServerFailAtOnceAndSurely() {
    try (Backend backend = Backends.open(server.url())) {
      server.kill();
      Awaitility.await().until(() -> !await(backend.health()).up());
      var outcome = assertTimeout(Duration.ofSeconds(3), () -> await(append(backend, "1")));
      var failed = assertInstanceOf(Appended.Failed.class, outcome.getFirst());
      assertInstanceOf(BackendUnavailableException.class, failed.error());
      server.start();
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> await(backend.health()).up());
      assertInstanceOf(Appended.At.class, await(append(backend, "2")).getFirst());
      assertEquals(1, server.number("XLEN", "orders"));
    }
  }

  @Test
  void appendsUnderWayAreNeverResent() {
    try (Backend backend = Backends.open(server.url())) {
      assertInstanceOf(Appended.At.class, await(append(backend, "0")).getFirst());
      server.pause();
      var sent = append(backend, "1");
      server.kill();
      // Ambiguous where it was on its way, failed where it had not left yet.
      assertFalse(await(sent).getFirst() instanceof Appended.At);
      server.start();
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> await(backend.health()).up());
      assertInstanceOf(Appended.At.class, await(append(backend, "2")).getFirst());
      assertEquals(2, server.number("XLEN", "orders"));
    }
  }

  @Test
  void noAnswerInTimeIsAmbiguousAndTheSilentLinkIsReplaced() {
    try (Backend backend = Backends.open(server.url() + "?commandTimeout=300ms")) {
      server.pause();
      assertInstanceOf(Appended.Ambiguous.class, await(append(backend, "1")).getFirst());
      // Silent for twice the time-out: closed, and the next commands are rejected.
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> await(append(backend, "2")).getFirst() instanceof Appended.Failed);
      server.resume();
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> await(backend.health()).up());
    }
  }

  @Test
  void anAnswerEndsTheSilenceOnlyOfItsOwnCommand() {
    try (var proxy = RespProxy.before("127.0.0.1", server.port());
        Backend backend = Backends.open(proxy.url() + "?commandTimeout=300ms")) {
      ProxyRule answered = proxy.answer(words -> words.contains("first"), "+1-1", 1);
      server.pause();
      var first = append(backend, "first");
      var second = append(backend, "second");
      assertInstanceOf(Appended.At.class, await(first).getFirst());
      assertEquals(1, answered.hits());
      assertTimeout(
          Duration.ofSeconds(5),
          () -> assertInstanceOf(Appended.Ambiguous.class, await(second).getFirst()));
      server.resume();
    }
  }

  @Test
  void epochRisesWithEachReconnect() {
    try (RedisConnections connections = connect()) {
      long first = connections.epoch();
      var reconnects = new AtomicInteger();
      connections.onReconnect(reconnects::incrementAndGet);
      server.restart();
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> reconnects.get() == 1);
      assertTrue(connections.epoch() > first);
    }
  }

  @Test
  void waitersBlockLongerThanTheCommandTimeoutAndCanBeWoken() throws Exception {
    try (RedisConnections connections = connect()) {
      await(
          connections
              .shared()
              .xgroupCreate(
                  StreamOffset.from("orders", "0"),
                  "g",
                  io.lettuce.core.XGroupCreateArgs.Builder.mkstream()));
      Waiter waiter = await(connections.openWaiter("orders", Duration.ofMinutes(1)));
      assertTrue(waiter.connected());
      assertTrue(waiter.clientId().isPresent());
      assertFalse(await(waiter.unblock()));
      var read =
          waiter
              .commands()
              .xreadgroup(
                  Consumer.from("g", "c"),
                  XReadArgs.Builder.block(Duration.ofMinutes(1)),
                  StreamOffset.lastConsumed("orders"));
      Awaitility.await().until(() -> await(waiter.unblock()));
      assertTrue(await(read).isEmpty());

      long epoch = waiter.epoch();
      server.kill();
      Awaitility.await().until(() -> !waiter.connected());
      assertTrue(waiter.clientId().isEmpty());
      assertFalse(await(waiter.unblock()));
      server.start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> waiter.connected() && waiter.clientId().isPresent());
      assertTrue(waiter.epoch() > epoch);
      waiter.close();
      waiter.close();
      Awaitility.await().until(() -> server.number("CLIENT", "ID") > 0);
      Awaitility.await()
          .until(
              () ->
                  server
                          .text("CLIENT", "LIST")
                          .lines()
                          .filter(l -> l.contains("name=millrace"))
                          .count()
                      == 1);
    }
  }
}
