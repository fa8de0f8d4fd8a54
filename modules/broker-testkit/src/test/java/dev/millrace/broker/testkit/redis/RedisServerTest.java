package dev.millrace.broker.testkit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@WithRedis(own = true)
class RedisServerTest {
  @Test
  void answersOnAPortOfItsOwn(RedisServer server) {
    assertNotEquals(6379, server.port());
    assertEquals("OK", server.command("SET", "schlüssel", "wert ✓"));
    assertEquals("wert ✓", server.command("GET", "schlüssel"));
    assertNull(server.command("GET", "nothing"));
    assertEquals(2, server.number("RPUSH", "list", "a", "b"));
    assertEquals(List.of("a", "b"), server.command("LRANGE", "list", "0", "-1"));
    assertEquals(
        "WRONGTYPE",
        assertThrows(BackendException.class, () -> server.command("GET", "list")).code());
  }

  @Test
  void refusesWritesWhenItsFilesMayGrowNoMore() {
    try (var server = RedisServer.startOwn("--appendonly", "yes", "--appendfsync", "everysec")) {
      server.limitFiles(64 << 10);
      server.restart();
      var refused =
          assertThrows(
              BackendException.class,
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  server.command("APPEND", "text", "x".repeat(1_000));
                }
              });
      assertEquals("MISCONF", refused.code());
    }
  }

  @Test
  void keepsItsDataAndPortOverAKillWhenItWritesALog() {
    try (var server = RedisServer.startOwn("--appendonly", "yes", "--appendfsync", "always")) {
      server.command("SET", "k", "v");
      int port = server.port();
      server.kill();
      assertFalse(server.alive());
      assertThrows(BackendUnavailableException.class, () -> server.command("PING"));
      server.start();
      assertEquals(port, server.port());
      assertEquals("v", server.command("GET", "k"));
      server.stop();
      server.restart();
      assertEquals("v", server.command("GET", "k"));
    }
  }

  @Test
  void isSilentWhilePausedAndGoesOnAfterwards() {
    try (var server = RedisServer.startOwn();
        var client = new RespClient(server.host(), server.port(), Duration.ofMillis(300))) {
      server.pause();
      assertThrows(BackendUnavailableException.class, () -> client.command("PING"));
      assertTrue(server.alive());
      server.resume();
      assertEquals("PONG", server.command("PING"));
    }
  }

  @Test
  void saysWhatTheServerPrintedWhenItDoesNotStart() {
    var failure =
        assertThrows(
            dev.millrace.broker.api.InvalidStateException.class,
            () -> RedisServer.startOwn("--no-such-option", "1"));
    assertTrue(failure.getMessage().contains("no-such-option"), failure.getMessage());
  }

  @Test
  void unpacksTheBundledBuild(@TempDir Path folder) throws Exception {
    Path program = RedisBinary.bundled(folder).orElseThrow();
    var version = new ProcessBuilder(program.toString(), "--version").start();
    assertTrue(new String(version.getInputStream().readAllBytes()).contains("7.0.15"));
  }

  @Test
  void clusterServesEverySlot(RedisCluster cluster) {
    assertEquals(3, cluster.nodes().size());
    for (RedisServer node : cluster.nodes()) {
      assertTrue(node.text("CLUSTER", "INFO").contains("cluster_slots_ok:16384"));
    }
  }

  @Test
  void sentinelsPromoteTheReplicaOfADeadMaster(RedisSentinels redis) {
    assertEquals(redis.gate().port(), redis.masterPort());
    redis.master().kill();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> redis.masterPort() == redis.replica().port());
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> redis.replica().info("replication", "role").equals("master"));
  }

  @Test
  void diesWithTheJvmEvenWhenThatIsKilled() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                String.join(
                    java.io.File.pathSeparator,
                    Arrays.asList(
                        System.getProperty("java.class.path"),
                        System.getProperty("jdk.module.path", ""),
                        location(RedisServer.class),
                        location(RedisServerTest.class),
                        location(org.awaitility.Awaitility.class),
                        location(BackendException.class))),
                StartsAServer.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String line = jvm.inputReader().readLine();
    var server = ProcessHandle.of(Long.parseLong(line)).orElseThrow();
    assertTrue(server.isAlive());
    jvm.destroyForcibly();
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !server.isAlive());
  }

  private static String location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  /** Prints the process number of a server it has started, and waits. */
  static final class StartsAServer {
    public static void main(String[] none) throws Exception {
      var server = RedisServer.startOwn();
      System.out.println(server.info("server", "process_id").strip());
      System.in.read();
    }
  }
}
