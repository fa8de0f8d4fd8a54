package dev.millrace.broker.backend.memory;

import static dev.millrace.broker.backend.memory.Fixture.append;
import static dev.millrace.broker.backend.memory.Fixture.context;
import static dev.millrace.broker.backend.memory.Fixture.entry;
import static dev.millrace.broker.backend.memory.Fixture.get;
import static dev.millrace.broker.backend.memory.Fixture.open;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Report;
import dev.millrace.broker.api.spi.Trimming.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What retention is told where time stands still, and memory that is bounded. */
class RetentionTest {
  private static final Instant START = Instant.parse("2024-06-10T08:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final long LIMIT = 3_000;

  private final VirtualClock clock = new VirtualClock(START);
  private final MemoryBackend backend = MemoryBackend.open(context(clock), OptionalLong.of(LIMIT));
  private final Trimming trimming = backend.facet(Trimming.class).orElseThrow();
  private final CollectingSink sink = new CollectingSink();

  @AfterEach
  void close() {
    backend.close();
  }

  private Report trim(long keep) {
    return get(
        trimming.trim(
            "orders",
            new Trimming.Limits(
                OptionalLong.of(keep), Optional.empty(), 0, Duration.ZERO, Set.of(), false, 1_000),
            false));
  }

  private List<Sample> history() {
    return get(trimming.inspect("orders", Set.of())).history();
  }

  private long used() {
    return get(trimming.memory()).used();
  }

  @Test
  void notesTheGrowthOfADayHourByHour() {
    for (int hour = 0; hour < 30; hour++) {
      append(backend, "orders", "e" + hour);
      trim(1);
      clock.advance(HOUR.dividedBy(2));
      trim(1);
      clock.advance(HOUR.dividedBy(2));
    }
    assertEquals(25, history().size());
    assertEquals(new Sample(START.plus(HOUR.multipliedBy(5)), 6), history().getFirst());
    assertEquals(new Sample(START.plus(HOUR.multipliedBy(29)), 30), history().getLast());
  }

  @Test
  void forgetsSamplesOfATimeThatIsNotYet() {
    append(backend, "orders", "a");
    clock.setWallClock(START.plus(HOUR.multipliedBy(48)));
    trim(1);
    clock.setWallClock(START);
    trim(1);
    assertEquals(List.of(new Sample(START, 1)), history());
  }

  @Test
  void nothingIsLeftOfAStreamThatAReaderOutlives() {
    open(backend, "orders", "one", sink);
    get(trimming.store("orders", Map.of("maxLength", "5000")));
    append(backend, "orders", "a", "b");
    trim(1);
    assertEquals(1, get(trimming.drops("orders", 10)).size());
    get(backend.log().delete("orders"));
    append(backend, "orders", "c");
    assertEquals(1, get(trimming.inspect("orders", Set.of())).added());
    assertEquals(List.of(), history());
    assertEquals(List.of(), get(trimming.drops("orders", 10)));
    assertEquals(Map.of(), get(backend.log().describe("orders")).settings());
  }

  @Test
  void dropsWhatIsPendingInAGroupThatWasSetBackOnce() {
    get(backend.log().declare(new StreamSpec("orders", Set.of("group"))));
    append(backend, "orders", "a", "b", "c");
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(2);
    await().untilAsserted(() -> assertEquals(2, sink.received.size()));
    get(reader.settle(List.of(new Settlement.Ack(sink.received.get(0)))));
    var group = new GroupRef("orders", "group");
    get(backend.facet(History.class).orElseThrow().reset(group, StartPosition.beginning()));
    // a is unread again, b is with the reader all the while.
    Report report = trim(1);
    assertEquals(Map.of("group", 2L), report.dropped());
    assertEquals(2, get(trimming.drops("orders", 1)).getFirst().messages());
  }

  @Test
  void memoryInUseIsWhatTheStreamsHold() {
    assertEquals(0, used());
    append(backend, "orders", "a", "b");
    long two = used();
    assertEquals(OptionalLong.of(two), get(trimming.inspect("orders", Set.of())).bytes());
    append(backend, "others", "a");
    assertEquals(two / 2 * 3, used());
    trim(1);
    assertEquals(two, used());
    get(backend.log().delete("orders"));
    get(backend.log().delete("others"));
    assertEquals(0, used());
  }

  @Test
  void memoryOfAWorkQueueIsFreedWithEachAcknowledgement() {
    GroupReader reader =
        backend
            .log()
            .open(
                new GroupRef("orders", "group"),
                new dev.millrace.broker.api.spi.ReaderSpec(
                    "one", StartPosition.beginning(), 10, HOUR, HOUR, true),
                sink);
    append(backend, "orders", "a", "b", "c");
    long three = used();
    reader.request(3);
    await().untilAsserted(() -> assertEquals(3, sink.received.size()));
    get(reader.settle(List.of(new Settlement.Ack(sink.received.get(1)))));
    assertEquals(three / 3 * 2, used());
    get(reader.settle(List.of(new Settlement.Ack(sink.received.get(0)))));
    get(reader.settle(List.of(new Settlement.Ack(sink.received.get(2)))));
    assertEquals(0, used());
  }

  private Appended appendOne(AppendGuard guard) {
    return get(backend.log().append("orders", List.of(entry("more")), guard)).getFirst();
  }

  private void fill() {
    while (used() < LIMIT) {
      append(backend, "orders", "x");
    }
  }

  @Test
  void refusesAppendsBeyondItsMemoryUntilSomeIsTrimmed() {
    fill();
    long length = get(backend.log().describe("orders")).length();
    var refused = assertInstanceOf(Appended.Failed.class, appendOne(AppendGuard.none()));
    var error = assertInstanceOf(BackendException.class, refused.error());
    assertEquals("OOM", error.code());
    assertTrue(error.getMessage().contains("" + LIMIT), error.getMessage());
    assertEquals(length, get(backend.log().describe("orders")).length());
    assertEquals(OptionalLong.of(LIMIT), get(trimming.memory()).limit());
    trim(length - 1);
    assertInstanceOf(Appended.At.class, appendOne(AppendGuard.none()));
  }

  @Test
  void lineDoesNotGoOnBehindWhatWasRefused() {
    fill();
    var line = new Dedup.InLine("line", 1, 0, HOUR, Optional.empty());
    var entries = List.of(entry("a"), entry("b"));
    var results = get(backend.log().append("orders", entries, AppendGuard.none().dedup(line)));
    assertInstanceOf(Appended.Failed.class, results.get(0));
    assertEquals(new Appended.OutOfLine(0), results.get(1));
  }

  @Test
  void refusesToCountTooMuchAtOnce() {
    append(backend, "orders", "a");
    var place = new Position("1-0");
    for (int most : new int[] {0, 10_001}) {
      var failure =
          assertThrows(
              CompletionException.class,
              trimming.count("orders", Optional.empty(), place, most).toCompletableFuture()::join);
      assertInstanceOf(InvalidConfigException.class, failure.getCause());
    }
    var failure =
        assertThrows(
            CompletionException.class, trimming.drops("orders", 0).toCompletableFuture()::join);
    assertInstanceOf(InvalidConfigException.class, failure.getCause());
  }
}
