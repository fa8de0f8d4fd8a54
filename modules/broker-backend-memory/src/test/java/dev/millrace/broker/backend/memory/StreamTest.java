package dev.millrace.broker.backend.memory;

import static dev.millrace.broker.backend.memory.Fixture.append;
import static dev.millrace.broker.backend.memory.Fixture.context;
import static dev.millrace.broker.backend.memory.Fixture.entry;
import static dev.millrace.broker.backend.memory.Fixture.get;
import static dev.millrace.broker.backend.memory.Fixture.open;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamTest {
  private static final Instant START = Instant.parse("2024-06-10T08:00:00Z");
  private static final GroupRef GROUP = new GroupRef("orders", "group");

  private final VirtualClock clock = new VirtualClock(START);
  private final MemoryBackend backend = MemoryBackend.open(context(clock));
  private final CollectingSink sink = new CollectingSink();

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void numbersEntriesUpwardsWhenTheClockStepsBack() {
    clock.setWallClock(Instant.ofEpochMilli(5_000));
    append(backend, "orders", "a");
    clock.setWallClock(Instant.ofEpochMilli(4_000));
    append(backend, "orders", "b");
    clock.setWallClock(Instant.ofEpochMilli(6_000));
    append(backend, "orders", "c");
    assertEquals(List.of("5000-0", "5000-1", "6000-0"), positions());
  }

  @Test
  void numbersEntriesUpwardsAcrossADeletion() {
    append(backend, "orders", "a", "b");
    get(backend.log().delete("orders"));
    append(backend, "orders", "c");
    assertEquals(List.of(START.toEpochMilli() + "-2"), positions());
  }

  @Test
  void passesOverEntriesBeforeABeginningInTheFuture() {
    reset(StartPosition.at(START.plusSeconds(10)));
    assertEquals(0, backlogLeftBy("early"));
    clock.advance(Duration.ofSeconds(10));
    append(backend, "orders", "due");
    open(backend, "orders", "one", sink).request(10);
    await().untilAsserted(() -> assertEquals(List.of("due"), sink.ids()));
  }

  @Test
  void refusesAPositionThatIsNone() {
    get(backend.log().declare(new StreamSpec("orders", Set.of("group"))));
    var failure =
        assertThrows(
            java.util.concurrent.CompletionException.class,
            () -> reset(StartPosition.after("yesterday")));
    assertEquals(InvalidConfigException.class, failure.getCause().getClass());
  }

  @Test
  void skipsPendingEntriesWhenAGroupIsSetBack() {
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(2);
    append(backend, "orders", "a", "b");
    await().untilAsserted(() -> assertEquals(2, sink.received.size()));
    get(reader.settle(List.of(new Settlement.Ack(sink.received.get(0)))));
    reset(StartPosition.beginning());
    assertEquals(1, get(backend.log().describe("orders")).groups().get(0).lag().orElseThrow());
    reader.request(5);
    await().untilAsserted(() -> assertEquals(List.of("a", "b", "a"), sink.ids()));
    assertEquals(
        Settled.DONE, get(reader.settle(List.of(new Settlement.Ack(sink.received.get(1))))).get(0));
  }

  @Test
  void countsTheBacklogOverAllGroups() {
    get(backend.log().declare(new StreamSpec("orders", Set.of("group", "audit"))));
    GroupReader reader = open(backend, "orders", "one", sink);
    reader.request(3);
    append(backend, "orders", "a", "b", "c");
    await().untilAsserted(() -> assertEquals(3, sink.received.size()));
    ackAll(reader);
    assertEquals(3, backlog());
    var audit = new CollectingSink();
    GroupReader second =
        backend
            .log()
            .open(
                new GroupRef("orders", "audit"),
                new dev.millrace.broker.api.spi.ReaderSpec(
                    "two", StartPosition.beginning(), 10, Duration.ZERO, Fixture.LEASE, false),
                audit);
    second.request(2);
    await().untilAsserted(() -> assertEquals(2, audit.received.size()));
    get(second.settle(List.of(new Settlement.Ack(audit.received.get(1)))));
    assertEquals(2, backlog());
    trim(OptionalLong.of(0), false);
    assertEquals(0, backlog());
  }

  @Test
  void makesGroupsOfOpenReadersAgainWhenTheStreamIsDeleted() {
    GroupReader reader = open(backend, "orders", "one", sink);
    get(backend.log().declare(new StreamSpec("orders", Set.of("nobody"))));
    reader.request(10);
    append(backend, "orders", "a");
    await().untilAsserted(() -> assertEquals(1, sink.received.size()));
    get(backend.log().delete("orders"));
    await().untilAsserted(() -> assertEquals(List.of(new Position("0-0")), sink.recreated));
    assertEquals(1, get(backend.log().describe("orders")).groups().size());
    Received gone = sink.received.get(0);
    assertEquals(List.of(Settled.STALE), get(reader.settle(List.of(new Settlement.Ack(gone)))));
    append(backend, "orders", "b");
    await().untilAsserted(() -> assertEquals(List.of("a", "b"), sink.ids()));
    assertEquals(1, sink.recreated.size());
  }

  @Test
  void tellsOfARecreationOnlyAfterReadingIsResumed() {
    GroupReader reader = open(backend, "orders", "one", sink);
    get(reader.stopReading());
    get(backend.log().delete("orders"));
    append(backend, "orders", "a");
    assertEquals(List.of(), sink.recreated);
    reader.resumeReading();
    reader.request(1);
    await().untilAsserted(() -> assertEquals(List.of("a"), sink.ids()));
    assertEquals(1, sink.recreated.size());
  }

  @Test
  void leavesAnEmptyStreamInPlaceWhenAllIsTrimmed() {
    append(backend, "orders", "a", "b");
    assertEquals(2, trim(OptionalLong.of(0), true).removed());
    var state = get(backend.log().describe("orders"));
    assertEquals(0, state.length());
    assertEquals(true, state.exists());
  }

  @Test
  void survivesManyRoundsOfGrowingAndTrimming() {
    for (int round = 0; round < 50; round++) {
      int size = round % 10 * 37 + 1;
      var entries = new ArrayList<dev.millrace.broker.api.spi.Entry>();
      for (int i = 0; i < size; i++) {
        entries.add(entry(round + "-" + i));
      }
      get(backend.log().append("orders", entries, AppendGuard.none()));
      trim(OptionalLong.of(5), true);
      var left = get(history().scan("orders", Optional.empty(), 10));
      assertEquals(
          entry(round + "-" + (size - 1)), left.get(left.size() - 1).entry(), "round " + round);
    }
    assertFalse(get(backend.log().describe("orders")).length() > 5);
  }

  private Trimming.Report trim(OptionalLong maxLength, boolean unread) {
    return get(
        backend
            .facet(Trimming.class)
            .orElseThrow()
            .trim(
                "orders",
                new Trimming.Limits(
                    maxLength, Optional.empty(), 0, Duration.ZERO, Set.of(), unread, 1_000_000),
                false));
  }

  private void reset(StartPosition to) {
    get(backend.log().declare(new StreamSpec("orders", Set.of("group"))));
    get(history().reset(GROUP, to));
  }

  private History history() {
    return backend.facet(History.class).orElseThrow();
  }

  private long backlogLeftBy(String id) {
    append(backend, "orders", id);
    return backlog();
  }

  // What a guard that lets nothing through reports.
  private long backlog() {
    var guard = AppendGuard.none().maxBacklog(0);
    var refused = get(backend.log().append("orders", List.of(entry("x")), guard)).get(0);
    return ((Appended.Full) refused).backlog();
  }

  private void ackAll(GroupReader reader) {
    List<Settlement> acks = new ArrayList<>();
    sink.received.forEach(received -> acks.add(new Settlement.Ack(received)));
    get(reader.settle(acks));
  }

  private List<String> positions() {
    return get(history().scan("orders", Optional.empty(), 100)).stream()
        .map(recorded -> recorded.position().value())
        .toList();
  }
}
