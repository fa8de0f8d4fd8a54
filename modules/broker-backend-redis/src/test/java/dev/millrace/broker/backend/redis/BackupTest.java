package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Backups.Drained;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Backlogs as Redis tells them, and backups that are drained, looked at on the server. */
@WithRedis(own = true)
class BackupTest {
  private static final String BACKUP = "{orders}:backup";

  /** What a stream's entries are made of, byte for byte. */
  private static final String DIGEST =
      "local all = {} for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
          + "for _, f in ipairs(e[2]) do all[#all + 1] = #f .. ' ' .. f end end "
          + "return redis.sha1hex(table.concat(all))";

  private final RedisServer server;
  private Backend backend;
  private Backups backups;

  BackupTest(RedisServer server) {
    this.server = server;
  }

  @BeforeEach
  void open() {
    server.command("FLUSHALL");
    backend = Backends.open(server.url());
    backups = backend.facet(Backups.class).orElseThrow();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Drained drain(int max, long limit) {
    return await(backups.drain("orders", BACKUP, max, limit));
  }

  private long backlog() {
    return drain(0, 1_000_000).backlog();
  }

  private void add(String stream, int count) {
    Backends.append(backend, stream, 1, count);
  }

  private List<String> ids(String stream) {
    return ((List<?>) server.command("XRANGE", stream, "-", "+"))
        .stream().map(entry -> (String) ((List<?>) entry).getFirst()).toList();
  }

  private List<?> read(String group, int count) {
    return (List<?>)
        server.command(
            "XREADGROUP", "GROUP", group, "me", "COUNT", "" + count, "STREAMS", "orders", ">");
  }

  private void group(String name, String from) {
    server.command("XGROUP", "CREATE", "orders", name, from, "MKSTREAM");
  }

  @Test
  void aBacklogIsWhatTheSlowestGroupHasPendingAndUnread() {
    assertEquals(0, backlog());
    add("orders", 10);
    assertEquals(0, backlog(), "without a group");
    group("quick", "0");
    group("slow", "0");
    read("quick", 10);
    for (String id : ids("orders")) {
      server.command("XACK", "orders", "quick", id);
    }
    read("slow", 4);
    server.command("XACK", "orders", "slow", ids("orders").getFirst());
    assertEquals(9, backlog());
  }

  @Test
  void aBacklogAheadOfWhichEntriesWereDeletedIsNotTakenForLess() {
    group("workers", "0");
    add("orders", 10);
    read("workers", 2);
    server.command("XDEL", "orders", ids("orders").get(6));
    var told = (List<?>) ((List<?>) server.command("XINFO", "GROUPS", "orders")).getFirst();
    assertEquals(null, told.get(told.indexOf("lag") + 1), "what this test is about");
    assertEquals(9, backlog());
  }

  @Test
  void aBacklogOfAGroupThatBeganInTheMiddleIsNotTakenForLess() {
    add("orders", 10);
    server.command("XDEL", "orders", ids("orders").get(2));
    group("workers", ids("orders").get(4));
    assertTrue(backlog() >= 4 && backlog() <= 9, "" + backlog());
    read("workers", 100);
    assertEquals(4, backlog());
  }

  @Test
  void whatWasTrimmedUnreadIsNoBacklog() {
    group("workers", "0");
    add("orders", 10);
    server.command("XTRIM", "orders", "MAXLEN", "3");
    assertEquals(3, backlog());
  }

  @Test
  void anAppendWithoutAGroupIsNeverFull() {
    var guard = AppendGuard.none().maxBacklog(2);
    var entries =
        IntStream.range(0, 5).mapToObj(n -> Entry.of("e-" + n, Fields.of("n", n))).toList();
    for (Appended each : await(backend.log().append("orders", entries, guard))) {
      assertInstanceOf(Appended.At.class, each);
    }
  }

  @Test
  void whatIsDrainedStaysByteForByte() {
    var bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    var fields = Fields.builder().put("bytes", bytes).put("empty", "").put("n", "1").build();
    var entry = new Entry("id", "T", "key", Map.of("b", "ä", "a", "2"), fields);
    await(backend.log().append(BACKUP, List.of(entry), AppendGuard.none()));
    server.command("XADD", BACKUP, "*", "twice", "1", "twice", "2", "_odd", "3");
    String before = server.text("EVAL", DIGEST, "1", BACKUP);
    assertEquals(2, drain(10, 10).moved());
    assertEquals(before, server.text("EVAL", DIGEST, "1", "orders"));
  }

  @Test
  void aBackupThatIsEmptyIsGone() {
    add(BACKUP, 3);
    assertEquals(2, drain(2, 10).moved());
    assertEquals(1, server.number("XLEN", BACKUP));
    assertEquals(new Drained(1, 0, Optional.empty(), 0), drain(2, 10));
    assertEquals(0, server.number("EXISTS", BACKUP));
  }

  @Test
  void aDrainFillsNineTenthsOfTheLimitAndNoMore() {
    group("workers", "0");
    add(BACKUP, 700);
    var first = drain(1_000, 100);
    assertEquals(90, first.moved());
    assertEquals(90, first.backlog());
    assertEquals(610, first.left());
    assertTrue(first.age().orElseThrow().compareTo(Duration.ofMinutes(1)) < 0);
    assertEquals(0, drain(1_000, 100).moved());
    assertEquals(610, drain(1_000, 10_000).moved());
  }

  @Test
  void aDrainOfLargeEntriesEndsAfterAMebibyte() {
    var text = "x".repeat(200_000);
    for (int i = 0; i < 40; i++) {
      server.command("XADD", BACKUP, "*", "n", "" + i, "text", text);
    }
    var some = drain(1_000, 1_000);
    assertTrue(some.moved() >= 6 && some.moved() < 40, some::toString);
    assertEquals(40 - some.moved(), some.left());
    int all = some.moved();
    while (all < 40) {
      all += drain(1_000, 1_000).moved();
    }
    assertEquals(40, server.number("XLEN", "orders"));
  }

  @Test
  void aForeignEntryThatNoScriptCanMoveIsNamedAndNothingPassesIt() {
    add(BACKUP, 3);
    var words = new ArrayList<String>(List.of("XADD", BACKUP, "*"));
    for (int i = 0; i < 4_000; i++) {
      words.addAll(List.of("f" + i, "v"));
    }
    server.command(words.toArray(String[]::new));
    add(BACKUP, 2);
    String wide = ids(BACKUP).get(3);
    assertEquals(3, drain(100, 100).moved());
    var error = assertThrows(BackendException.class, () -> drain(100, 100));
    assertEquals("UNMOVABLE", error.code());
    assertTrue(error.getMessage().contains(wide), error.getMessage());
    var guard = AppendGuard.none().maxBacklog(100).backup(BACKUP);
    var behind =
        await(backend.log().append("orders", List.of(Entry.of("e", Fields.of("n", 1))), guard));
    assertInstanceOf(Appended.Spilled.class, behind.getFirst());
    server.command("XDEL", BACKUP, wide);
    assertEquals(3, drain(100, 100).moved());
  }

  @Test
  void anAppendMovesMoreOutOfABackupThanItBrings() {
    add(BACKUP, 1_000);
    group("workers", "0");
    var guard = AppendGuard.none().maxBacklog(10_000).backup(BACKUP);
    Entry entry = Entry.of("e", Fields.of("n", 1));
    assertInstanceOf(
        Appended.Spilled.class,
        await(backend.log().append("orders", List.of(entry), guard)).getFirst());
    assertEquals(32, server.number("XLEN", "orders"));
    assertEquals(969, server.number("XLEN", BACKUP));
    var many = IntStream.range(0, 100).mapToObj(n -> Entry.of("m" + n, Fields.of("n", n))).toList();
    await(backend.log().append("orders", many, guard));
    assertEquals(232, server.number("XLEN", "orders"));
    assertEquals(869, server.number("XLEN", BACKUP));
  }

  @Test
  void nonsenseIsRefused() {
    assertThrows(InvalidConfigException.class, () -> drain(-1, 10));
    assertThrows(InvalidConfigException.class, () -> drain(1_001, 10));
    assertThrows(
        InvalidConfigException.class, () -> await(backups.drain("orders", "orders", 1, 10)));
    var itself = AppendGuard.none().backup("orders");
    assertThrows(
        InvalidConfigException.class,
        () ->
            await(
                backend.log().append("orders", List.of(Entry.of("e", Fields.of("n", 1))), itself)));
  }
}
