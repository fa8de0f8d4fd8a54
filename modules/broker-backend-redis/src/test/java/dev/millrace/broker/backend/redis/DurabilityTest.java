package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a server says about its disk, and what its replicas say about its memory. */
class DurabilityTest {
  private static final Dedup.BySequence NUMBERS = new Dedup.BySequence("p", 64, false);

  private static final Dedup LINE =
      new Dedup.InLine("l", 1, 0, Duration.ofHours(1), Optional.empty());

  private static List<Entry> entries(int from, int to) {
    return IntStream.rangeClosed(from, to)
        .mapToObj(n -> Entry.of(NUMBERS.idOf(n), Fields.of("n", n)))
        .toList();
  }

  private static List<Appended> append(
      Backend backend, Dedup dedup, Durability durability, List<Entry> entries) {
    var guard = AppendGuard.none().dedup(dedup).durability(durability);
    return await(backend.log().append("orders", entries, guard));
  }

  @Test
  void fsyncedIsOfferedWhereTheServerSyncsEachWrite() {
    try (var server = RedisServer.startOwn("--appendonly", "yes", "--appendfsync", "always")) {
      try (Backend backend = Backends.open(server.url())) {
        assertTrue(backend.features().offers(Durability.fsynced()));
        append(backend, NUMBERS, Durability.fsynced(), entries(1, 100));
        server.restart();
        assertEquals(100, server.number("XLEN", "orders"));
      }
    }
  }

  @Test
  void fsyncedIsNotOfferedWhereTheServerSyncsNowAndThen() {
    try (var server = RedisServer.startOwn("--appendonly", "yes", "--appendfsync", "everysec");
        Backend backend = Backends.open(server.url())) {
      assertFalse(backend.features().offers(Durability.fsynced()));
    }
  }

  @Test
  void aReplicaThatAnswersConfirms() {
    try (var server = RedisServer.startOwn();
        var replica = RedisServer.startOwn("--replicaof", server.host(), "" + server.port())) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> replica.info("replication", "master_link_status").equals("up"));
      try (Backend backend = Backends.open(server.url())) {
        var one = Durability.replicated(1, Duration.ofSeconds(10));
        for (Dedup dedup : List.of(Dedup.none(), NUMBERS)) {
          for (Appended each : append(backend, dedup, one, entries(1, 50))) {
            assertInstanceOf(Appended.At.class, each);
          }
        }
        assertEquals(100, replica.number("XLEN", "orders"));
      }
    }
  }

  @Test
  void aRepeatIsConfirmedOnlyWhenTheReplicaHasTheFirstEntry() {
    try (var server = RedisServer.startOwn();
        var replica = RedisServer.startOwn("--replicaof", server.host(), "" + server.port())) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> replica.info("replication", "master_link_status").equals("up"));
      var one = Durability.replicated(1, Duration.ofMillis(300));
      replica.pause();
      for (Dedup dedup : List.of(NUMBERS, new Dedup.ById(Duration.ofMinutes(1)), LINE)) {
        try (Backend backend = Backends.open(server.url())) {
          assertUnconfirmed(false, append(backend, dedup, one, entries(1, 1)));
        }
        // Another connection has written nothing yet, and a wait on it would not wait for the
        // entry.
        try (Backend backend = Backends.open(server.url())) {
          assertUnconfirmed(true, append(backend, dedup, one, entries(1, 1)));
        }
      }
      replica.resume();
      try (Backend backend = Backends.open(server.url())) {
        var again =
            append(
                backend, NUMBERS, Durability.replicated(1, Duration.ofSeconds(10)), entries(1, 1));
        assertTrue(assertInstanceOf(Appended.At.class, again.getFirst()).duplicate());
      }
    }
  }

  @Test
  void whatWentToABackupWaitsForReplicasToo() {
    try (var server = RedisServer.startOwn();
        Backend backend = Backends.open(server.url())) {
      server.command("XADD", "{orders}:backup", "*", "waits", "1");
      var guard =
          AppendGuard.none()
              .dedup(LINE)
              .maxBacklog(0)
              .backup("{orders}:backup")
              .durability(Durability.replicated(1, Duration.ofMillis(100)));
      assertUnconfirmed(false, await(backend.log().append("orders", entries(1, 1), guard)));
      assertEquals(2, server.number("XLEN", "{orders}:backup"));
    }
  }

  private static void assertUnconfirmed(boolean duplicate, List<Appended> outcomes) {
    var outcome = assertInstanceOf(Appended.Unconfirmed.class, outcomes.getFirst());
    assertEquals(duplicate, outcome.duplicate());
    assertTrue(outcome.why().startsWith("0 of 1 replicas"), outcome.why());
  }
}
