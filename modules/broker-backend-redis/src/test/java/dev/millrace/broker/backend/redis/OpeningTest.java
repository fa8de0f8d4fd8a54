package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.testkit.redis.FreePorts;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisSentinels;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@WithRedis(own = true)
class OpeningTest {
  @Test
  void refusedConnectionsFailAtOnce() {
    int port = FreePorts.one();
    var error =
        assertTimeout(
            Duration.ofSeconds(3),
            () ->
                assertThrows(
                    BackendUnavailableException.class,
                    () -> Backends.open("redis://bob:canary@127.0.0.1:" + port)));
    assertTrue(error.getMessage().contains("redis://***@127.0.0.1:" + port), error.getMessage());
    assertTellsNothing(error);
  }

  @Test
  void silentServersFailWithinTheConnectTimeout(RedisServer ignored) {
    try (var server = RedisServer.startOwn()) {
      server.pause();
      var error =
          assertTimeout(
              Duration.ofSeconds(4),
              () ->
                  assertThrows(
                      BackendUnavailableException.class,
                      () -> Backends.open(server.url() + "?connectTimeout=700ms")));
      assertTrue(error.getMessage().contains("700 ms"), error.getMessage());
      server.resume();
    }
  }

  @Test
  void logsInAndSelectsTheDatabase() {
    try (var server = RedisServer.startOwn()) {
      server.command("ACL", "SETUSER", "bob", "on", ">can@ry:%", "~*", "&*", "+@all");
      String url = "redis://bob:can%40ry%3A%25@127.0.0.1:" + server.port() + "/5";
      try (Backend backend = Backends.open(url)) {
        Backends.append(backend, "orders", 1, 1);
        assertEquals(0, server.number("XLEN", "orders"));
        assertTrue(server.info("keyspace", "db5").contains("keys=1"));
        assertEquals("redis://***@127.0.0.1:" + server.port() + "/5", backend.name());
        assertTrue(server.text("CLIENT", "LIST").contains("name=millrace:redis_test:"));
      }
      Awaitility.await().until(() -> !server.text("CLIENT", "LIST").contains("name=millrace"));
      var error =
          assertThrows(
              BackendException.class,
              () -> Backends.open("redis://bob:canary@127.0.0.1:" + server.port()));
      assertEquals("WRONGPASS", error.code());
      assertTellsNothing(error);
    }
  }

  @Test
  void whoMayNotAskForInfoIsTakenOnTrust() {
    try (var server = RedisServer.startOwn()) {
      server.command("ACL", "SETUSER", "bob", "on", ">pw", "~*", "&*", "+@all", "-info");
      Backends.open("redis://bob:pw@127.0.0.1:" + server.port()).close();
    }
  }

  @Test
  void missingDatabaseIsRefused(RedisServer server) {
    var error = assertThrows(BackendException.class, () -> Backends.open(server.url() + "/999"));
    assertTrue(error.getMessage().contains("database"), error.getMessage());
  }

  @Test
  void unixSocketsNeedNoNativeTransport(@TempDir Path folder) {
    Path socket = folder.resolve("r.sock");
    try (var server = RedisServer.startOwn("--unixsocket", socket.toString());
        Backend backend = Backends.open("redis-socket://" + socket)) {
      assertEquals(3, Backends.append(backend, "orders", 1, 3).size());
      assertEquals(3, server.number("XLEN", "orders"));
      assertTrue(server.text("CLIENT", "LIST").contains(socket + ":0"));
      server.restart();
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> await(backend.health()).up());
      assertEquals(3, Backends.append(backend, "again", 1, 3).size());
    }
  }

  @Test
  void missingSocketsAreUnavailable(@TempDir Path folder) {
    assertThrows(
        BackendUnavailableException.class,
        () -> Backends.open("redis-socket://" + folder.resolve("none.sock")));
  }

  @Test
  void tlsVerifiesTheServersName(@TempDir Path folder) throws Exception {
    certificate(folder, "localhost");
    int port = FreePorts.one();
    try (var server =
        RedisServer.startOwn(
            "--tls-port", "" + port,
            "--tls-cert-file", folder.resolve("cert.pem").toString(),
            "--tls-key-file", folder.resolve("key.pem").toString(),
            "--tls-ca-cert-file", folder.resolve("cert.pem").toString(),
            "--tls-auth-clients", "no")) {
      String options = "?caFile=" + folder.resolve("cert.pem");
      try (Backend backend = Backends.open("rediss://localhost:" + port + options)) {
        assertEquals(3, Backends.append(backend, "orders", 1, 3).size());
      }
      assertThrows(
          BackendUnavailableException.class,
          () -> Backends.open("rediss://127.0.0.1:" + port + options));
      assertThrows(
          BackendUnavailableException.class, () -> Backends.open("rediss://localhost:" + port));
    }
  }

  private static void certificate(Path folder, String host) throws Exception {
    int code =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + host,
                "-addext",
                "subjectAltName=DNS:" + host,
                "-keyout",
                folder.resolve("key.pem").toString(),
                "-out",
                folder.resolve("cert.pem").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (code != 0) {
      throw new IOException("openssl ended with " + code);
    }
  }

  @Test
  void sentinelsNameTheMasterAndTheNextOne(RedisSentinels redis) {
    try (Backend backend = Backends.open(redis.url())) {
      Backends.declare(backend, "orders", "billing");
      Backends.append(backend, "orders", 1, 3);
      assertEquals(3, await(backend.log().describe("orders")).length());
      assertEquals(3, redis.master().number("XLEN", "orders"));
      Awaitility.await().until(() -> redis.replica().number("XLEN", "orders") == 3);
      redis.master().kill();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptionsInstanceOf(BrokerException.class)
          .until(() -> await(backend.log().describe("orders")).length() == 3);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptionsInstanceOf(AssertionError.class)
          .until(() -> Backends.append(backend, "orders", 4, 4).size() == 1);
    }
  }

  @Test
  void wrongMasterNameIsUnavailable(RedisSentinels redis) {
    String url = redis.url().replace("#" + RedisSentinels.MASTER, "#nobody");
    assertThrows(BackendUnavailableException.class, () -> Backends.open(url));
  }

  @Test
  void clustersTakeEveryStream(RedisCluster cluster) {
    try (Backend backend = Backends.open(cluster.url())) {
      for (int i = 0; i < 20; i++) {
        String stream = "orders-" + i;
        Backends.declare(backend, stream, "billing");
        List<String> positions = Backends.append(backend, stream, 1, 50);
        var state = await(backend.log().describe(stream));
        assertEquals(50, state.length());
        assertEquals(positions.getFirst(), state.first().orElseThrow().value());
        assertEquals(positions.getLast(), state.last().orElseThrow().value());
      }
      assertTrue(await(backend.health()).up());
      for (RedisServer node : cluster.nodes()) {
        assertTrue(node.number("DBSIZE") > 0);
      }
      for (int i = 0; i < 20; i++) {
        await(backend.log().delete("orders-" + i));
      }
      for (RedisServer node : cluster.nodes()) {
        assertEquals(0, node.number("DBSIZE"));
      }
    }
  }

  private static void assertTellsNothing(Throwable error) {
    var text = new StringWriter();
    error.printStackTrace(new PrintWriter(text));
    assertFalse(text.toString().contains("canary"), text.toString());
  }

  @Test
  void shardedEventsAreRefusedWhereTheServerDoesNotKnowTheCommand() {
    try (var cluster = RedisCluster.start("--rename-command", "SPUBLISH", "")) {
      var refused =
          assertThrows(
              BackendException.class, () -> Backends.open(cluster.url() + "?events=sharded"));
      assertEquals("VERSION", refused.code());
      assertTrue(refused.getMessage().contains("events=plain"), refused.getMessage());
      Backends.open(cluster.url()).close();
    }
  }

  @Test
  void shardedEventsAreRefusedToAUserWhoMayNotAskNodesWhatTheyAre() {
    try (var cluster = RedisCluster.start()) {
      for (String right : List.of("role", "cluster|info")) {
        cluster
            .nodes()
            .forEach(
                node ->
                    node.command(
                        "ACL",
                        "SETUSER",
                        "few",
                        "reset",
                        "on",
                        ">secret",
                        "~*",
                        "&*",
                        "+@all",
                        "-" + right));
        String url = cluster.url().replace("://", "://few:secret@");
        var refused =
            assertThrows(BackendException.class, () -> Backends.open(url + "?events=sharded"));
        assertEquals("NOPERM", refused.code(), right);
        assertTrue(refused.getMessage().contains("+role +cluster|info"), refused.getMessage());
        assertTrue(refused.getMessage().contains("events=plain"), refused.getMessage());
        Backends.open(url).close();
      }
    }
  }
}
