package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.testkit.fault.RespProxy;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Appends in a line, looked at on the server. */
@WithRedis(own = true)
class LineAppendTest {
  private static final String LINE = "{orders}:line:l";
  private static final String BACKUP = "{orders}:backup";
  private static final Duration DAY = Duration.ofDays(1);

  private final RedisServer server;
  private Backend backend;

  LineAppendTest(RedisServer server) {
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

  private static AppendGuard line(int first, int after, Duration... idWindow) {
    var window = idWindow.length == 0 ? Optional.<Duration>empty() : Optional.of(idWindow[0]);
    return AppendGuard.none().dedup(new Dedup.InLine("l", first, after, DAY, window));
  }

  private static List<Entry> entries(int from, int to) {
    return IntStream.rangeClosed(from, to)
        .mapToObj(n -> Entry.of("e-" + n, Fields.of("n", n)))
        .toList();
  }

  private List<Appended> append(AppendGuard guard, int from, int to) {
    return append(backend, guard, from, to);
  }

  private static List<Appended> append(Backend on, AppendGuard guard, int from, int to) {
    return await(on.log().append("orders", entries(from, to), guard));
  }

  private static void assertAt(boolean duplicate, List<Appended> outcomes) {
    for (Appended each : outcomes) {
      assertEquals(duplicate, assertInstanceOf(Appended.At.class, each).duplicate());
    }
  }

  private static void assertSpilled(boolean duplicate, List<Appended> outcomes) {
    for (Appended each : outcomes) {
      assertEquals(duplicate, assertInstanceOf(Appended.Spilled.class, each).duplicate());
    }
  }

  private static void assertOutOfLine(long last, List<Appended> outcomes) {
    outcomes.forEach(each -> assertEquals(new Appended.OutOfLine(last), each));
  }

  private static void assertOutOfMemory(Appended outcome) {
    var error = assertInstanceOf(Appended.Failed.class, outcome).error();
    assertEquals("OOM", assertInstanceOf(BackendException.class, error).code());
  }

  /** What the line's key says behind the generation. */
  private String reached() {
    String value = server.text("GET", LINE);
    assertTrue(value.startsWith(server.text("GET", "{orders}:ids") + " "), value);
    return value.substring(value.indexOf(' ') + 1);
  }

  @Test
  void aLineIsOneSmallKeyThatExpires() {
    assertAt(false, append(line(1, 0), 1, 200));
    assertAt(false, append(line(201, 200), 201, 205));
    assertEquals("205 0", reached());
    assertEquals(
        3,
        server.number("DBSIZE"),
        () -> "the stream, its generation: " + server.command("KEYS", "*"));
    long left = server.number("PTTL", LINE);
    assertTrue(left > DAY.toMillis() - 60_000 && left <= DAY.toMillis(), "" + left);
    assertTrue(server.number("PTTL", "{orders}:ids") >= left);
  }

  @Test
  void theGenerationLivesAsLongAsItsLongestLine() {
    append(AppendGuard.none().dedup(new Dedup.ById(Duration.ofSeconds(30))), 1, 1);
    assertTrue(server.number("PTTL", "{orders}:ids") < 100_000);
    append(line(1, 0), 2, 2);
    assertTrue(server.number("PTTL", "{orders}:ids") >= server.number("PTTL", LINE));
  }

  @Test
  void aRepeatIsKnownByItsNumber() {
    append(line(1, 0), 1, 3);
    var again = append(line(2, 0), 2, 5);
    assertEquals(new Appended.At(Position.UNKNOWN, true), again.get(0));
    assertAt(true, again.subList(0, 2));
    assertAt(false, again.subList(2, 4));
    assertEquals(5, server.number("XLEN", "orders"));
  }

  @Test
  void nothingIsAppendedWithoutWhatComesBeforeIt() {
    append(line(1, 0), 1, 3);
    assertOutOfLine(3, append(line(6, 5), 6, 7));
    assertEquals(3, server.number("XLEN", "orders"));
    append(line(4, 3), 4, 5);
    assertAt(false, append(line(6, 5), 6, 7));
  }

  @Test
  void anAppendInSeveralCallsIsOneLine() {
    assertAt(false, append(line(1, 0), 1, 1_300));
    assertEquals("1300 0", reached());
    assertEquals(1_300, server.number("XLEN", "orders"));
  }

  @Test
  void aServerThatLearnsTheScriptFirstKeepsTheOrderOfWhatIsUnderWay() {
    for (int round = 1; round <= 20; round++) {
      server.command("FLUSHALL");
      server.command("SCRIPT", "FLUSH");
      var under = new ArrayList<CompletionStage<List<Appended>>>();
      for (int n = 1; n <= 100; n++) {
        under.add(backend.log().append("orders", entries(n, n), line(n, n - 1)));
      }
      under.forEach(each -> assertAt(false, await(each)));
    }
  }

  @Test
  void aLineThatIsHardlyRememberedIsAppendedWholeAllTheSame() {
    for (Duration time :
        List.of(Duration.ZERO, Duration.ofNanos(1), Duration.ofSeconds(Long.MAX_VALUE))) {
      server.command("FLUSHALL");
      append(line(1, 0), 1, 1);
      var dedup = new Dedup.InLine("m", 2, 0, time, Optional.of(time));
      assertAt(false, append(AppendGuard.none().dedup(dedup), 2, 4));
      assertEquals(4, server.number("XLEN", "orders"));
    }
  }

  @Test
  void aLineOfADeletedStreamCountsForNothing() {
    append(line(1, 0), 1, 3);
    await(backend.log().delete("orders"));
    assertEquals(1, server.number("EXISTS", LINE));
    assertOutOfLine(0, append(line(4, 3), 4, 4));
    assertAt(false, append(line(1, 0), 1, 3));
    assertEquals("3 0", reached());
  }

  @Test
  void aSealedLineOfADeletedStreamCountsForNothing() {
    append(line(1, 0), 1, 3);
    Backups backups = backend.facet(Backups.class).orElseThrow();
    assertEquals(3, await(backups.seal("orders", "l", DAY)));
    await(backend.log().delete("orders"));
    assertEquals(0, await(backups.seal("orders", "other", DAY)));
    assertAt(false, append(line(1, 0), 1, 1));
  }

  @Test
  void aSealIsRememberedForLongerThanTheLineWas() {
    Backups backups = backend.facet(Backups.class).orElseThrow();
    append(line(1, 0), 1, 3);
    assertEquals(3, await(backups.seal("orders", "l", Duration.ofHours(1))));
    assertTrue(server.number("PTTL", LINE) > DAY.toMillis() / 2);
    assertEquals(3, await(backups.seal("orders", "l", DAY.multipliedBy(7))));
    assertEquals("3 0 sealed", reached());
    assertTrue(server.number("PTTL", LINE) > DAY.toMillis());
    assertTrue(server.number("PTTL", "{orders}:ids") >= server.number("PTTL", LINE));
    assertOutOfLine(3, append(line(4, 3), 4, 4));
    assertAt(true, append(line(3, 0), 3, 3));
  }

  @Test
  void memoryShortageEndsALineWhereItIs() {
    server.command("CONFIG", "SET", "maxmemory", "1");
    try {
      append(line(1, 0), 1, 2).forEach(LineAppendTest::assertOutOfMemory);
      assertEquals(List.of(), server.command("KEYS", "*"));
    } finally {
      server.command("CONFIG", "SET", "maxmemory", "0");
    }
    append(line(1, 0), 1, 2);
    String before = server.text("GET", LINE);
    for (AppendGuard guard : List.of(line(2, 0), line(2, 0, DAY))) {
      server.command("CONFIG", "SET", "maxmemory", "1");
      try {
        var told = append(guard, 2, 5);
        assertAt(true, told.subList(0, 1));
        assertOutOfMemory(told.get(1));
        assertOutOfLine(2, told.subList(2, 4));
      } finally {
        server.command("CONFIG", "SET", "maxmemory", "0");
      }
    }
    assertEquals(before, server.text("GET", LINE));
    assertEquals(2, server.number("XLEN", "orders"));
    assertEquals(3, server.number("DBSIZE"));
    assertAt(false, append(line(3, 2), 3, 5));
  }

  @Test
  void memoryShortageMovesNothingOutOfABackup() {
    var guard = line(1, 0).maxBacklog(10).backup(BACKUP);
    server.command("XADD", BACKUP, "*", "waits", "1");
    server.command("CONFIG", "SET", "maxmemory", "1");
    try {
      append(guard, 1, 2).forEach(LineAppendTest::assertOutOfMemory);
    } finally {
      server.command("CONFIG", "SET", "maxmemory", "0");
    }
    assertEquals(1, server.number("DBSIZE"));
    assertAt(false, append(guard, 1, 2));
    assertEquals(3, server.number("XLEN", "orders"));
  }

  @Test
  void aKeyOfAnotherKindIsTypedAndNothingIsStored() {
    server.command("SET", BACKUP, "a string");
    for (Appended each : append(line(1, 0).backup(BACKUP), 1, 2)) {
      var error = assertInstanceOf(Appended.Failed.class, each).error();
      assertEquals("WRONGTYPE", assertInstanceOf(BackendException.class, error).code());
    }
    assertEquals(0, server.number("EXISTS", "orders", LINE));
  }

  @Test
  void aLineTellsFromWhereOnItWaitsInTheBackup() {
    Backends.declare(backend, "orders", "workers");
    assertAt(false, append(line(1, 0).maxBacklog(2).backup(BACKUP), 1, 2));
    assertSpilled(false, append(line(3, 2).maxBacklog(2).backup(BACKUP), 3, 4));
    assertSpilled(false, append(line(5, 4).maxBacklog(2).backup(BACKUP), 5, 5));
    assertEquals("5 3", reached());
    var again = append(line(1, 0).maxBacklog(2).backup(BACKUP), 1, 5);
    assertAt(true, again.subList(0, 2));
    assertSpilled(true, again.subList(2, 5));
    assertEquals(3, server.number("XLEN", BACKUP));
    assertAt(false, append(line(6, 5).maxBacklog(100).backup(BACKUP), 6, 6));
    assertEquals("6 0", reached());
    assertAt(true, append(line(3, 0).maxBacklog(2).backup(BACKUP), 3, 6));
    assertEquals(6, server.number("XLEN", "orders"));
    assertEquals(0, server.number("EXISTS", BACKUP));
  }

  @Test
  void anIdInTheBackupIsFoundThereAndInTheStreamLater() {
    Backends.declare(backend, "orders", "workers");
    AppendGuard ids = AppendGuard.none().dedup(new Dedup.ById(DAY));
    AppendGuard numbers = AppendGuard.none().dedup(new Dedup.BySequence("e", 64, false));
    append(AppendGuard.none(), 1, 2);
    for (AppendGuard dedup : List.of(ids, numbers, line(1, 0, DAY))) {
      var guard = dedup.maxBacklog(2).backup(BACKUP);
      server.command("DEL", "{orders}:ids");
      var first = append(guard, 7, 8);
      assertSpilled(false, first);
      var again = append(guard, 7, 8);
      assertSpilled(true, again);
      if (!(dedup.dedup() instanceof Dedup.InLine)) {
        assertEquals(
            first.stream().map(each -> ((Appended.Spilled) each).position()).toList(),
            again.stream().map(each -> ((Appended.Spilled) each).position()).toList());
      }
      await(backend.facet(Backups.class).orElseThrow().drain("orders", BACKUP, 100, 100));
      for (var known : List.of(guard, dedup)) {
        for (Appended each : append(known, 7, 8)) {
          assertEquals(new Appended.At(Position.UNKNOWN, true), each);
        }
      }
    }
  }

  @Test
  void idsOfOtherLinesAreKnownAndTheirNumbersAreDone() {
    append(AppendGuard.none().dedup(new Dedup.ById(DAY)), 2, 2);
    var told = append(line(1, 0, DAY), 1, 3);
    assertAt(false, told.subList(0, 1));
    assertAt(true, told.subList(1, 2));
    assertNotEquals(Position.UNKNOWN, ((Appended.At) told.get(1)).position());
    assertAt(false, told.subList(2, 3));
    assertEquals("3 0", reached());
    assertEquals(3, server.number("XLEN", "orders"));
  }

  @Test
  void anEntryWithoutAnIdHasNoMarker() {
    var nameless = new Entry(null, null, null, Map.of(), Fields.of("n", 1));
    var all = List.of(nameless, Entry.of("e-1", Fields.of("n", 2)), nameless);
    assertAt(false, await(backend.log().append("orders", all, line(1, 0, DAY))));
    assertEquals(3, server.number("XLEN", "orders"));
    assertEquals(List.of("{orders}:id:e-1"), server.command("KEYS", "{orders}:id:*"));
  }

  @Test
  void aLostReplyIsRepeatedAndTheEntriesAreThereOnce() {
    try (RespProxy proxy = RespProxy.before(server.host(), server.port());
        Backend through = Backends.open(proxy.url())) {
      append(through, line(1, 0), 1, 1);
      server.command("XADD", BACKUP, "*", "waits", "1");
      for (AppendGuard each : List.of(line(2, 1), line(2, 1).maxBacklog(0).backup(BACKUP))) {
        int from = each.backup().isPresent() ? 12 : 2;
        var dedup = new Dedup.InLine("l", from, from - 1, DAY, Optional.empty());
        var rule = proxy.swallowReply(words -> words.contains(LINE), 1);
        for (Appended told : append(through, each.dedup(dedup), from, from + 9)) {
          assertInstanceOf(Appended.Ambiguous.class, told);
        }
        assertEquals(1, rule.hits());
        proxy.remove(rule);
        Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> await(through.health()).up());
        var again = append(through, each.dedup(dedup), from, from + 9);
        if (each.backup().isPresent()) {
          assertSpilled(true, again);
        } else {
          assertAt(true, again);
        }
      }
      assertEquals(11, server.number("XLEN", "orders"));
      assertEquals(11, server.number("XLEN", BACKUP));
    }
  }

  @Test
  void aLostReplyToASealTellsTheSameAgain() {
    try (RespProxy proxy = RespProxy.before(server.host(), server.port());
        Backend through = Backends.open(proxy.url())) {
      append(through, line(1, 0), 1, 4);
      Backups backups = through.facet(Backups.class).orElseThrow();
      await(backups.seal("orders", "other", DAY));
      var rule = proxy.swallowReply(words -> words.contains(LINE), 1);
      assertFalse(
          backups
              .seal("orders", "l", DAY)
              .toCompletableFuture()
              .handle((n, e) -> e == null)
              .join());
      assertEquals(1, rule.hits());
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> await(through.health()).up());
      assertEquals(4, await(backups.seal("orders", "l", DAY)));
    }
  }

  @Test
  void everythingIsInOneSlotOfACluster(RedisCluster cluster) {
    try (Backend on = Backends.open(cluster.url())) {
      Backends.declare(on, "orders", "workers");
      Backups backups = on.facet(Backups.class).orElseThrow();
      var guard = AppendGuard.none().maxBacklog(2).backup(BACKUP);
      assertAt(false, append(on, guard.dedup(line(1, 0, DAY).dedup()), 1, 2));
      assertSpilled(false, append(on, guard.dedup(line(3, 2, DAY).dedup()), 3, 4));
      assertSpilled(false, append(on, guard.dedup(new Dedup.ById(DAY)), 5, 6));
      assertSpilled(false, append(on, guard.dedup(new Dedup.BySequence("e", 64, false)), 7, 8));
      assertSpilled(false, append(on, guard, 9, 9));
      assertEquals(4, await(backups.seal("orders", "l", DAY)));
      assertEquals(7, await(backups.drain("orders", BACKUP, 100, 100)).moved());
      assertInstanceOf(
          Appended.Full.class, append(on, AppendGuard.none().maxBacklog(9), 10, 10).getFirst());
    }
  }
}
