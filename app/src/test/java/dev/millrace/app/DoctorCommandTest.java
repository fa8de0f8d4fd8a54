package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithRedis(own = true)
class DoctorCommandTest {
  private final RedisServer redis;
  private final String stream = "orders-" + UUID.randomUUID();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  DoctorCommandTest(RedisServer redis) {
    this.redis = redis;
  }

  @BeforeEach
  void empty() {
    redis.command("FLUSHALL");
  }

  private int doctor() {
    out.getBuffer().setLength(0);
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute("doctor", "--url", redis.url());
  }

  @Test
  void whatOutlivedItsStreamIsListedWithWhatToDo() {
    String dead = "{" + stream + "}:dead:billing";
    redis.command("XADD", dead, "*", "n", "1");
    assertEquals(1, doctor(), err::toString);
    String found = out.toString();
    assertTrue(found.contains(dead + ": "), found);
    assertTrue(found.contains("redis-cli UNLINK '" + dead + "'"), found);
    assertTrue(found.contains("It holds messages."), found);

    redis.command("DEL", dead);
    assertEquals(0, doctor(), err::toString);
  }

  @Test
  void aStreamInUseIsNoLeftover() {
    redis.command("XGROUP", "CREATE", stream, "billing", "0", "MKSTREAM");
    redis.command("XADD", "{" + stream + "}:dead:billing", "*", "n", "1");
    assertEquals(0, doctor(), () -> out + "" + err);
  }

  @Test
  void settingsThatWaitForTheirStreamAreNoLeftover() {
    try (StreamManager manager =
        StreamManager.connect(redis.url(), BrokerConfig.builder().appName("test").build())) {
      manager.changeRetention(stream, RetentionPolicy.builder().maxLength(1_000).build());
    }
    assertEquals(0, doctor(), () -> out + "" + err);
    assertTrue(out.toString().contains("Nothing is left over."), out::toString);
  }

  @Test
  void whatOtherProgramsKeepFailsNothing() {
    redis.command("HSET", "{user:7}:schedule", "mon", "9-17");
    redis.command("HSET", "{user:7}:notes:today", "milk", "2");
    redis.command("SET", "{user:7}:id", "4711");
    assertEquals(0, doctor(), () -> out + "" + err);
  }

  @Test
  void eventsThatWaitForNobodyAreListedWithTheCommandThatEndsIt() {
    String kept = "{" + stream + "}:events";
    String beforeHours = System.currentTimeMillis() - 7_200_000 + "-0";
    redis.command("XGROUP", "CREATE", kept, "mail", "0", "MKSTREAM");
    redis.command("XADD", kept, beforeHours, "payload", "{}", "_id", "1");
    redis.command("ZADD", "{" + stream + "}:alive:events/mail", "1732176000000", "killed");
    assertEquals(1, doctor(), err::toString);
    String found = out.toString();
    assertTrue(found.contains(kept + ": keeps 1 event for the durable name 'mail'"), found);
    assertTrue(found.contains("nobody listens under it since 2024-11-21T08:00:00Z"), found);
    String forget = "millrace pubsub forget '" + stream + "' 'mail'";
    assertTrue(found.contains(forget), found);

    assertEquals(
        0, Main.commandLine().execute("pubsub", "forget", stream, "mail", "--url", redis.url()));
    assertEquals(0, doctor(), () -> out + "" + err);
    assertEquals(0, redis.number("DBSIZE"));
  }

  @Test
  void eventsThatOnlyWaitToBeTriedAgainAreListedThoughTheirAgeIsNotKnown() {
    String kept = "{" + stream + "}:events";
    redis.command("XGROUP", "CREATE", kept, "mail", "0", "MKSTREAM");
    redis.command("HSET", "{" + stream + "}:fence:events", "mail", "90000000000");
    redis.command("ZADD", "{" + stream + "}:parked:events/mail", "1732176000000", "1-0");
    assertEquals(1, doctor(), err::toString);
    assertTrue(
        out.toString().contains(kept + ": keeps 1 event for the durable name 'mail', and nobody"),
        out::toString);

    long aMinuteAgo = System.currentTimeMillis() - 60_000;
    redis.command("ZADD", "{" + stream + "}:alive:events/mail", "" + aMinuteAgo, "restarts");
    doctor();
    assertFalse(out.toString().contains("keeps 1 event"), out::toString);
  }

  @Test
  void oneListThatCannotBeHadHidesNoOther() {
    redis.command("XADD", "{" + stream + "}:dead:billing", "*", "n", "1");
    redis.command("XGROUP", "CREATE", "{" + stream + "}:events", "mail", "0", "MKSTREAM");
    redis.command("XADD", "{" + stream + "}:events", "*", "payload", "{}", "_id", "1");
    redis.command("SET", "{" + stream + "}:alive:events/mail", "no sorted set");
    assertEquals(1, doctor(), out::toString);
    assertTrue(out.toString().contains("It holds messages."), out::toString);
    assertTrue(
        err.toString().startsWith("millrace: no list of events that wait for nobody: "),
        err::toString);
    assertEquals(1, err.toString().lines().count(), err::toString);
  }

  @Test
  void whatAnotherProgramKeepsUnderTheNameOfKeptEventsIsNotItsBusiness() {
    redis.command("XGROUP", "CREATE", "{user:7}:events", "mail", "0", "MKSTREAM");
    redis.command("XADD", "{user:7}:events", "1732176000000-0", "payload", "{}");
    redis.command("RPUSH", "{user:8}:events", "a");
    assertEquals(0, doctor(), () -> out + "" + err);
  }

  @Test
  void eventsThatWaitForARestartAreNot() {
    String kept = "{" + stream + "}:events";
    redis.command("XGROUP", "CREATE", kept, "mail", "0", "MKSTREAM");
    redis.command("XADD", kept, "*", "payload", "{}", "_id", "1");
    assertEquals(0, doctor(), () -> out + "" + err);
  }

  @Test
  void aMasterThatTakesWritesWithoutItsReplicaIsNamedWithTheRemedy() {
    try (var replica = RedisServer.startOwn("--replicaof", redis.host(), "" + redis.port())) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> replica.info("replication", "master_link_status").equals("up"));
      assertEquals(1, doctor(), err::toString);
      assertTrue(out.toString().contains("CONFIG SET min-replicas-to-write 1"), out::toString);
      redis.command("CONFIG", "SET", "min-replicas-to-write", "1");
      assertEquals(0, doctor(), () -> out + "" + err);
    } finally {
      redis.command("CONFIG", "SET", "min-replicas-to-write", "0");
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> redis.info("replication", "connected_slaves").equals("0"));
  }

  @Test
  void requestsAndEventsAreNoLeftovers() {
    redis.command("XGROUP", "CREATE", "{" + stream + "}:rpc", "servers", "0", "MKSTREAM");
    redis.command("HSET", "{" + stream + "}:floor:rpc", "servers", "1732176000000-0");
    redis.command("XGROUP", "CREATE", "{" + stream + "}:events", "mail", "0", "MKSTREAM");
    redis.command("XADD", "{" + stream + "}:events", "*", "payload", "{}", "_id", "1");
    redis.command("HSET", "{" + stream + "}:trend:events", "490000", "1732176000000 7");
    assertEquals(0, doctor(), () -> out + "" + err);
  }
}
