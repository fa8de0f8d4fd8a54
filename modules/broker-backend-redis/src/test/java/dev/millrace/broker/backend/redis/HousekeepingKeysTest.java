package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.append;
import static dev.millrace.broker.backend.redis.Backends.await;
import static dev.millrace.broker.backend.redis.Backends.declare;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import dev.millrace.broker.api.spi.Schedules;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each kind of key by itself: who owns it, and when nobody does. */
@WithRedis(own = true)
class HousekeepingKeysTest {
  private static final String MILLIS = "1732176000000";
  private static final String ID = MILLIS + "-0";

  private final RedisServer server;
  private Backend backend;

  HousekeepingKeysTest(RedisServer server) {
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

  private List<Leftover> leftovers() {
    return await(backend.facet(Housekeeping.class).orElseThrow().leftovers());
  }

  private List<String> names() {
    return leftovers().stream().map(Leftover::name).toList();
  }

  /** All that a stream with a group may have for ever. */
  private void writeEverything(String stream, String tail, String group) {
    writeBesideTheStream(stream, tail, group);
    for (String notes : List.of("notes", "retry-notes")) {
      server.command("HSET", "{orders}:" + notes + ":" + group, ID, "a note");
    }
    server.command("HSET", "{orders}:leases:" + group, "a", "30000");
    server.command("ZADD", "{orders}:alive:" + group, MILLIS, "a");
    server.command("HSET", "{orders}:audit:" + group, "stream", stream, "epoch", "90000000000");
    pack("{orders}:parked-entries:" + group, ID);
    server.command("ZADD", "{orders}:parked:" + group, MILLIS, ID);
    server.command("XADD", "{orders}:retry:" + group, "*", "_millrace:retry", "1 1-0 ", "a", "b");
  }

  private void writeBesideTheStream(String stream, String tail, String group) {
    server.command("HSET", "{orders}:floor" + tail, group, ID);
    server.command("HSET", "{orders}:fence" + tail, group, "90000000000");
    server.command("HSET", "{orders}:audits" + tail, "stream", stream, "group:" + group, "0");
    server.command("HSET", "{orders}:trend" + tail, "490000", MILLIS + " 7");
    String[] drop = {"at", MILLIS, "group", group, "messages", "1", "first", ID, "last", ID};
    var words = new ArrayList<>(List.of("XADD", "{orders}:drops" + tail, "*"));
    words.addAll(List.of(drop));
    server.command(words.toArray(String[]::new));
  }

  private void pack(String key, String id) {
    String script = "redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack({ '1', '', 'a', 'b' }))";
    server.command("EVAL", script, "1", key, id);
  }

  @Test
  void whatHasAStreamAndAGroupIsNoLeftover() {
    declare(backend, "orders", "billing");
    writeEverything("orders", "", "billing");
    server.command("XADD", "{orders}:dead:billing", "*", "a", "b");
    server.command("XADD", "{orders}:backup", "*", "a", "b");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void whatAStreamLeftIsFoundWithWhatItHolds() {
    writeEverything("orders", "", "billing");
    List<Leftover> all = leftovers();
    assertEquals(13, all.size(), all::toString);
    assertEquals(
        List.of("{orders}:parked-entries:billing", "{orders}:retry:billing"),
        all.stream().filter(Leftover::holdsMessages).map(Leftover::name).toList());
    Leftover floors = all.stream().filter(each -> each.name().endsWith("floor")).findFirst().get();
    assertEquals("floors of the groups", floors.what());
    assertEquals("the stream 'orders' does not exist", floors.why());
    assertEquals(1, floors.entries());
  }

  @Test
  void whatAGroupLeftIsFound() {
    declare(backend, "orders", "billing");
    writeEverything("orders", "", "gone");
    assertEquals(
        List.of(
            "{orders}:alive:gone",
            "{orders}:audit:gone",
            "{orders}:leases:gone",
            "{orders}:notes:gone",
            "{orders}:parked-entries:gone",
            "{orders}:parked:gone",
            "{orders}:retry-notes:gone",
            "{orders}:retry:gone"),
        names());
    assertEquals("notes of group 'gone'", leftovers().get(3).what());
    assertEquals("the stream 'orders' has no group 'gone'", leftovers().get(3).why());
  }

  @Test
  void whatKeptEventsLeftIsNamedAfterTheirStreamAndTheirName() {
    writeEverything("{orders}:events", ":events", "events/mail/eu");
    server.command("XADD", "{orders}:dead:events/mail/eu", "*", "a", "b");
    Map<String, Leftover> all =
        leftovers().stream().collect(Collectors.toMap(Leftover::name, each -> each));
    assertEquals(14, all.size(), all::toString);
    assertEquals(
        "notes of group 'mail/eu' of '{orders}:events'",
        all.get("{orders}:notes:events/mail/eu").what());
    assertEquals(
        "dead letters of group 'mail/eu' of '{orders}:events'",
        all.get("{orders}:dead:events/mail/eu").what());
    assertEquals(
        "floors of the groups of '{orders}:events'", all.get("{orders}:floor:events").what());
    all.values()
        .forEach(each -> assertEquals("the stream '{orders}:events' does not exist", each.why()));
  }

  @Test
  void whatAGroupOfKeptEventsLeftIsNamedAfterIt() {
    server.command("XADD", "{orders}:events", "*", "a", "b");
    server.command("HSET", "{orders}:notes:events/mail", ID, "a note");
    Leftover notes = leftovers().getFirst();
    assertEquals("notes of group 'mail' of '{orders}:events'", notes.what());
    assertEquals("the stream '{orders}:events' has no group 'mail'", notes.why());
  }

  @Test
  void aGroupWithTheNameOfASideStreamIsAGroup() {
    server.command("HSET", "{orders}:notes:events", ID, "a note");
    server.command("HSET", "{orders}:notes:dead/eu", ID, "a note");
    assertEquals(
        List.of("notes of group 'dead/eu'", "notes of group 'events'"),
        leftovers().stream().map(Leftover::what).toList());
  }

  @Test
  void streamsBesideAStreamOwnTheirKeysToo() {
    declare(backend, "orders", "billing");
    server.command("XGROUP", "CREATE", "{orders}:dead:billing", "redrive/x", "0", "MKSTREAM");
    writeEverything("{orders}:dead:billing", ":dead/billing", "dead/billing/redrive/x");
    assertEquals(List.of(), leftovers());
    server.command("DEL", "{orders}:dead:billing");
    List<Leftover> all = leftovers();
    assertEquals(13, all.size(), all::toString);
    assertTrue(
        all.stream()
            .anyMatch(
                each -> each.why().equals("the stream '{orders}:dead:billing' does not exist")),
        all::toString);
  }

  @Test
  void foreignKeysAreNobodysBusiness() {
    server.command("SET", "{orders}:cart", "1");
    server.command("SET", "{orders}:floor", "a number, of a building");
    server.command("SET", "{orders}", "1");
    server.command("SET", "millrace:value:limit", "1");
    server.command("SET", "millrace:lease:text", "1");
    server.command("XADD", "orders", "*", "a", "b");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void whatAnotherProgramKeepsUnderSuchNamesSpoilsNothing() {
    server.command("HSET", "{user:7}:schedule", "mon", "9-17");
    server.command("HSET", "{user:8}:schedule", "mon", "9-17");
    pack("{user:8}:schedule-entries", "1");
    server.command("SET", "user:9", "a name");
    server.command("XADD", "{user:9}:dead:x", "*", "a", "b");
    assertEquals(List.of("{user:8}:schedule-entries", "{user:9}:dead:x"), names());
  }

  @Test
  void whatOtherProgramsKeepUnderSuchNamesIsTheirs() {
    server.command("SET", "{user:7}:id", "4711");
    server.command("SET", "{user:7}:id:card", "L01X00T47");
    server.command("SET", "{user:7}:ids", "4711");
    server.command("SET", "{user:7}:line:1", "on hold 3 4");
    server.command("SET", "{user:7}:sent:mail", "yesterday, at a quarter to nine");
    server.command("SET", "{user:7}:turn:3", "white");
    server.command("SET", "{user:7}:effect", "a b c");
    server.command("SET", "{user:7}:effect:sound", "a b c");
    server.command("HSET", "{user:7}:settings", "theme", "dark");
    server.command("HSET", "{user:7}:notes:today", "milk", "2");
    server.command("HSET", "{user:7}:retry-notes:today", "milk", "2");
    server.command("HSET", "{user:7}:parked-entries:today", "car", "2");
    server.command("HSET", "{user:7}:leases:flat", "january", "300");
    server.command("HSET", "{user:7}:audit:books", "added", "1");
    server.command("HSET", "{user:7}:audits", "stream", "of money");
    server.command("HSET", "{user:7}:floor", "kitchen", "12");
    server.command("HSET", "{user:7}:floor:2", "kitchen", ID);
    server.command("HSET", "{user:7}:fence", "height", "120");
    server.command("HSET", "{user:7}:trend", "490000", "up");
    server.command("SET", "{user:7}:call:mother", "at noon");
    server.command("HSET", "{user:7}:schedule-entries", "mon", "9-17");
    server.command("ZADD", "{user:7}:schedule", "9", "mon");
    server.command("ZADD", "{user:8}:schedule", MILLIS, "mon");
    server.command("ZADD", "{user:7}:parked:cars", MILLIS, "car");
    server.command("ZADD", "{user:7}:alive:friends", MILLIS, "Ann");
    server.command("XADD", "{user:7}:drops", "*", "of", "rain");
    server.command("XADD", "{user:7}:retry:x", "*", "a", "b");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void settingsWaitForTheFirstEntryOfTheirStream() {
    server.command("HSET", "{orders}:settings", "maxLength", "1000");
    server.command("HSET", "{orders}:settings:dead/billing", "maxAge", "PT1H");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void aStreamOfRequestsOwnsItsKeys() {
    declare(backend, "{orders}:rpc", "workers");
    append(backend, "{orders}:rpc", 1, 3);
    assertTrue(server.number("EXISTS", "{orders}:fence:rpc") == 1);
    server.command("SET", "{orders}:call:rpc/1", ID + " {inbox}:me");
    server.command("EXPIRE", "{orders}:call:rpc/1", "100");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void streamsOfEveryKindBesideAStreamOwnTheirKeys() {
    for (String tail : List.of("rpc", "events", "retry:x", "parked:x", "backup")) {
      String stream = "{orders}:" + tail;
      String behind = tail.replace(':', '/');
      server.command("XGROUP", "CREATE", stream, "g", "0", "MKSTREAM");
      writeBesideTheStream(stream, ":" + behind, "g");
      server.command("HSET", "{orders}:notes:" + behind + "/g", ID, "a note");
    }
    assertEquals(List.of("{orders}:backup"), names());
    server.command("DEL", "{orders}:events");
    assertEquals(
        List.of(
            "{orders}:audits:events",
            "{orders}:backup",
            "{orders}:drops:events",
            "{orders}:fence:events",
            "{orders}:floor:events",
            "{orders}:notes:events/g",
            "{orders}:trend:events"),
        names());
  }

  @Test
  void streamsThatExpireOwnTheirKeysUntilTheyDo() {
    declare(backend, "orders", "billing");
    for (String stream : List.of("{orders}:dead:eu:g", "{orders}:backup")) {
      server.command("XADD", stream, "*", "a", "b");
      server.command("EXPIRE", stream, "100");
    }
    for (String tail : List.of(":dead/eu/g", ":backup")) {
      server.command("HSET", "{orders}:trend" + tail, "490000", MILLIS + " 7");
    }
    assertEquals(List.of(), leftovers());
  }

  @Test
  void whatExpiresIsNoLeftover() {
    for (String key : whatShouldExpire()) {
      server.command("EXPIRE", key, "100");
    }
    server.command("HSET", "{orders}:notes:billing", ID, "b");
    server.command("EXPIRE", "{orders}:notes:billing", "100");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void whatShouldExpireAndDoesNotIsFound() {
    List<String> keys = whatShouldExpire();
    assertEquals(keys, names());
    assertEquals("it should expire and does not", leftovers().getFirst().why());
  }

  private List<String> whatShouldExpire() {
    declare(backend, "orders", "g");
    String generation = "m9x8w7v6abcde.1";
    String digest = "0123456789abcdef".repeat(4);
    server.command("HSET", "{orders}:leases:g", "me", "30000");
    server.command("SET", "{orders}:call:1", ID + " {inbox}:me");
    server.command("SET", "{orders}:effect:" + digest, "orders g 1");
    server.command("SET", "{orders}:id:1", generation + " >" + ID);
    server.command("SET", "{orders}:ids", generation);
    server.command("SET", "{orders}:line:1", generation + " 7 0 sealed");
    server.command("SET", "{orders}:retry-turn:g", "me");
    String ring = "redis.call('SET', KEYS[1], struct.pack('>I8I8', 7, 64))";
    server.command("EVAL", ring, "1", "{orders}:sent:p");
    server.command("SET", "{orders}:turn:g", "me");
    return List.of(
        "{orders}:call:1",
        "{orders}:effect:" + digest,
        "{orders}:id:1",
        "{orders}:ids",
        "{orders}:line:1",
        "{orders}:retry-turn:g",
        "{orders}:sent:p",
        "{orders}:turn:g");
  }

  @Test
  void schedulesAreLeftWhenNobodyMovesThem() {
    var schedules = backend.facet(Schedules.class).orElseThrow();
    var entry = Entry.of("1", Fields.of("a", "b"));
    Instant now = Instant.now();
    await(schedules.put("orders", "soon", now.minus(Duration.ofHours(1)), entry));
    await(schedules.put("orders", "late", now.plus(Duration.ofHours(1)), entry));
    assertEquals(List.of(), leftovers());
    await(schedules.put("orders", "old", now.minus(Duration.ofDays(2)), entry));
    assertEquals(List.of("{orders}:schedule", "{orders}:schedule-entries"), names());
    assertEquals(3, leftovers().getLast().entries());
    assertTrue(leftovers().getLast().holdsMessages());
  }

  @Test
  void scheduledEntriesWithoutTheirDueTimesAreLeft() {
    pack("{orders}:schedule-entries", "1");
    assertEquals("it has no due times", leftovers().getFirst().why());
  }

  @Test
  void leasesAndMembersExpire() {
    var coordination = backend.facet(Coordination.class).orElseThrow();
    await(coordination.acquire("l", "a", Duration.ofMinutes(1)));
    await(coordination.release("l", "a"));
    await(coordination.heartbeat("g", "m", Duration.ofMinutes(1)));
    assertTrue(server.number("PTTL", "millrace:lease:l") > 86_000_000);
    assertTrue(server.number("PTTL", "millrace:members:g") > 55_000);
    assertEquals(List.of(), leftovers());
  }

  @Test
  void leasesAndMembersWithoutATimeToLiveAreLeftWhenTheyAreOver() {
    long now = System.currentTimeMillis();
    server.command("HSET", "millrace:lease:held", "until", "" + (now + 60_000));
    server.command("HSET", "millrace:lease:over", "until", "" + (now - 90_000_000));
    server.command("ZADD", "millrace:members:alive", "" + (now + 60_000), "m");
    server.command("ZADD", "millrace:members:dead", "" + (now - 60_000), "m");
    assertEquals(List.of("millrace:lease:over", "millrace:members:dead"), names());
  }

  @Test
  void aStreamThatIsSentToAndReadLeavesNothingWhenItIsDeleted() {
    declare(backend, "orders", "billing");
    var entries = List.of(Entry.of("id-1", Fields.of("a", "b")));
    await(backend.log().append("orders", entries, AppendGuard.none()));
    await(backend.log().delete("orders"));
    assertEquals(List.of(), leftovers());
  }

  @Test
  void aGroupThatIsRemovedLeavesNothing() {
    declare(backend, "orders", "billing");
    writeEverything("orders", "", "billing");
    server.command("ZADD", "{orders}:alive:billing", MILLIS, "killed long ago");
    assertTrue(await(backend.log().removeGroup(new GroupRef("orders", "billing"), false)));
    assertEquals(List.of(), leftovers());
    assertEquals(0, server.number("HLEN", "{orders}:floor"));
    assertEquals(0, server.number("HLEN", "{orders}:fence"));
    assertEquals(1, server.number("EXISTS", "orders"));
    declare(backend, "orders", "audit");
    assertTrue(await(backend.log().removeGroup(new GroupRef("orders", "audit"), true)));
    assertEquals(0, server.number("DBSIZE"));
  }

  private boolean remove(String stream, String group) {
    return await(backend.log().removeGroup(new GroupRef(stream, group), true));
  }

  private String refusalOf(String stream, String group) {
    var refused = assertThrows(InvalidStateException.class, () -> remove(stream, group));
    assertEquals(1, server.number("EXISTS", stream));
    return refused.getMessage();
  }

  @Test
  void aGroupThatAReaderIsJustStartingToReadIsNotRemovedUntilThatCountsAsDead() {
    declare(backend, "orders", "billing");
    server.command("HSET", "{orders}:leases:billing", "starting", "30000", "quick", "1");
    assertTrue(refusalOf("orders", "billing").contains("starting"));
    long now = System.currentTimeMillis();
    double alive = Double.parseDouble(server.text("ZSCORE", "{orders}:alive:billing", "starting"));
    assertEquals(now + 600_000, alive, 60_000);
    double quick = Double.parseDouble(server.text("ZSCORE", "{orders}:alive:billing", "quick"));
    assertEquals(now + 2_000, quick, 60_000);

    server.command("ZADD", "{orders}:alive:billing", MILLIS, "starting", MILLIS, "quick");
    assertTrue(remove("orders", "billing"));
    assertEquals(0, server.number("DBSIZE"));
  }

  @Test
  void aGroupThatAnotherProgramReadsIsNotRemoved() {
    declare(backend, "orders", "billing");
    append(backend, "orders", 1, 2);
    server.command("XREADGROUP", "GROUP", "billing", "php-3", "STREAMS", "orders", ">");
    assertTrue(refusalOf("orders", "billing").contains("php-3"));
    server.command("XGROUP", "DELCONSUMER", "orders", "billing", "php-3");
    server.command("XGROUP", "CREATECONSUMER", "orders", "billing", "{handed-back}");
    assertTrue(remove("orders", "billing"));
  }

  @Test
  void whatIsNotMillracesIsNotRemoved() {
    server.command("XGROUP", "CREATE", "{user:7}:events", "mail", "0", "MKSTREAM");
    assertTrue(refusalOf("{user:7}:events", "mail").contains("another program's"));
    server.command("XADD", "{user:7}:events", "*", "payload", "{}");
    assertTrue(refusalOf("{user:7}:events", "mail").contains("another program's"));
    assertFalse(remove("{user:7}:events", "no-such-group"));
    server.command("RPUSH", "{user:8}:events", "a");
    assertTrue(refusalOf("{user:8}:events", "mail").contains("another program's"));
    assertEquals(2, server.number("DBSIZE"));
  }

  @Test
  void channelsOfOtherProgramsAreNotListed() {
    var housekeeping = backend.facet(Housekeeping.class).orElseThrow();
    server.command("XADD", "{user:7}:events", "*", "payload", "{}");
    server.command("RPUSH", "{user:8}:events", "a");
    assertEquals(List.of(), await(housekeeping.keptChannels()));
    declare(backend, "{empty}:events", "mail");
    server.command("XADD", "{published}:events", "*", "payload", "{}", "_id", "1");
    assertEquals(List.of("empty", "published"), await(housekeeping.keptChannels()));
  }

  @Test
  void auditsOfOtherGroupsStayAndGoWithTheLast() {
    declare(backend, "orders", "billing");
    declare(backend, "orders", "mail");
    server.command(
        "HSET", "{orders}:audits", "stream", "orders", "group:billing", "0", "group:mail", "0");
    assertTrue(await(backend.log().removeGroup(new GroupRef("orders", "billing"), false)));
    assertEquals(2, server.number("HLEN", "{orders}:audits"));
    assertTrue(await(backend.log().removeGroup(new GroupRef("orders", "mail"), false)));
    assertEquals(0, server.number("EXISTS", "{orders}:audits"));
  }

  @Test
  void aReaderThatDiedTellsUntilWhenItsGroupWasServed() {
    declare(backend, "orders", "billing");
    server.command("ZADD", "{orders}:alive:billing", MILLIS, "killed");
    Trimming.Need need =
        await(backend.facet(Trimming.class).orElseThrow().inspect("orders", Set.of()))
            .needs()
            .getFirst();
    assertFalse(need.served());
    assertEquals(Optional.of(Instant.ofEpochMilli(Long.parseLong(MILLIS))), need.lastServed());
  }

  @Test
  void aMasterThatTakesWritesWithoutItsReplicaIsARisk() {
    try (var replica = RedisServer.startOwn("--replicaof", server.host(), "" + server.port())) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> replica.info("replication", "master_link_status").equals("up"));
      Housekeeping.Risk risk = risks().getFirst();
      assertTrue(risk.setting().contains("min-replicas-to-write"), risk::setting);
      assertTrue(risk.danger().contains("started twice"), risk::danger);
      assertTrue(risk.remedy().contains("CONFIG SET min-replicas-to-write 1"), risk::remedy);
      server.command("CONFIG", "SET", "min-replicas-to-write", "1");
      assertEquals(List.of(), risks());
      server.command("CONFIG", "SET", "min-replicas-to-write", "0");
      assertEquals(1, risks().size());
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> server.info("replication", "connected_slaves").equals("0"));
    assertEquals(List.of(), risks(), "one without replicas fails over to nobody");
  }

  private List<Housekeeping.Risk> risks() {
    return await(backend.facet(Housekeeping.class).orElseThrow().risks());
  }

  @Test
  void manyKeysAreLookedThroughInPages() {
    for (int i = 0; i < 1_700; i++) {
      server.command("HSET", "{s" + i + "}:floor", "a", ID);
    }
    assertEquals(1_700, leftovers().size());
  }

  @Test
  void leftoversOnAllMastersOfAClusterAreFound(RedisCluster cluster) {
    try (Backend onCluster = Backends.open(cluster.url())) {
      for (int i = 0; i < 12; i++) {
        append(onCluster, "{s" + i + "}:backup", 1, 1);
      }
      var all = await(onCluster.facet(Housekeeping.class).orElseThrow().leftovers());
      assertEquals(12, all.size(), all::toString);
    }
  }

  @Test
  void theModeOfEventsIsNoneUnlessItIsNoMode() {
    for (String mode : List.of("plain", "sharded")) {
      server.command("SET", "millrace:events", mode);
      assertEquals(List.of(), names());
    }
    server.command("SET", "millrace:events", "both");
    assertEquals(List.of("millrace:events"), names());
    assertTrue(leftovers().getFirst().why().contains("'sharded'"), leftovers().toString());
    server.command("DEL", "millrace:events");
    server.command("HSET", "millrace:events", "a", "1");
    assertEquals(List.of("millrace:events"), names());
  }
}
