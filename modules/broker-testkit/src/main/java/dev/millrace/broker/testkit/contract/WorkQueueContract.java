package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Work queues: what is acknowledged is gone from the stream. */
public abstract class WorkQueueContract extends BackendContract {
  /** For subclasses. */
  protected WorkQueueContract() {}

  @BeforeEach
  void needsWorkQueues() {
    assumeTrue(has(Feature.WORK_QUEUE), "no work queues here");
  }

  private TestReader worker(int credit) {
    return reader().workQueue().lease(ticks(8)).open().request(credit);
  }

  private List<String> history() {
    return Stages.await(facet(History.class).scan(stream, Optional.empty(), 100)).stream()
        .map(each -> each.entry().id().orElseThrow())
        .toList();
  }

  @Test
  void acknowledgedEntryIsGone() {
    append(stream, entries(3));
    TestReader reader = worker(3);
    assertEquals(Settled.DONE, reader.ack(reader.await(3).get(1)));
    assertEquals(2, describe().length());
    if (has(Feature.HISTORY)) {
      assertEquals(List.of("e1", "e3"), history());
    }
    assertEquals(2, describeGroup().pending());
  }

  @Test
  void streamIsEmptyWhenAllIsDone() {
    append(stream, entries(20));
    TestReader reader = worker(20);
    reader.await(20);
    reader.ackAll();
    assertEquals(0, describe().length());
    assertEquals(0, describeGroup().pending());
    assertEquals(Optional.empty(), describe().first());
    append(entry("e21"));
    assertEquals("e21", TestReader.id(reader.request(1).nth(21)));
    assertEquals(1, describe().length());
  }

  @Test
  void entriesInAnyOrderAreRemoved() {
    append(stream, entries(10));
    TestReader reader = worker(10);
    List<Received> all = reader.await(10);
    for (int i : List.of(9, 0, 5, 4, 6, 1, 8, 2, 7)) {
      assertEquals(Settled.DONE, reader.ack(all.get(i)));
    }
    assertEquals(1, describe().length());
    assertEquals(Optional.of(all.get(3).position()), describe().first());
    assertEquals(describe().first(), describe().last());
  }

  @Test
  void staleAcknowledgementRemovesNothing() {
    append(entry("e1"));
    TestReader reader = worker(2);
    Received first = reader.nth(1);
    assertEquals(Settled.DONE, reader.release(first, Duration.ZERO));
    reader.nth(2);
    assertEquals(Settled.STALE, reader.ack(first));
    assertEquals(1, describe().length());
  }

  @Test
  void releasedEntryStays() {
    append(entry("e1"));
    TestReader reader = worker(2);
    assertEquals(Settled.DONE, reader.release(reader.nth(1), Duration.ZERO));
    assertEquals(1, describe().length());
    assertEquals(Settled.DONE, reader.ack(reader.nth(2)));
    assertEquals(0, describe().length());
  }

  @Test
  void movedEntryIsGone() {
    assumeTrue(has(Feature.MOVE));
    append(entry("e1"));
    TestReader reader = worker(1);
    String target = "{" + stream + "}:dead:" + group.group();
    assertEquals(
        Settled.DONE, reader.settle(new Settlement.MoveTo(reader.nth(1), target, entry("e1"))));
    assertContains(target, 1);
    assertEquals(0, describe().length());
  }

  @Test
  void parkedEntryIsGoneFromTheStreamAndComesBack() {
    assumeTrue(has(Feature.PARKING));
    append(entry("e1"));
    TestReader reader = worker(2);
    assertEquals(Settled.DONE, reader.release(reader.nth(1), ticks(6)));
    assertEquals(0, describe().length());
    advance(ticks(8));
    Received back = reader.nth(2);
    assertEquals("e1", TestReader.id(back));
    assertEquals(Settled.DONE, reader.ack(back));
    assertEquals(0, describe().length());
    assertEquals(0, describeGroup().pending());
  }

  @Test
  void entryOfADeadReaderComesBackAndIsRemovedByItsHeir() {
    append(entry("e1"));
    worker(1).await(1);
    TestReader heir = reader().on(openAnother()).workQueue().lease(ticks(8)).open().request(1);
    advance(ticks(9));
    assertEquals(Settled.DONE, heir.ack(heir.nth(1)));
    assertEquals(0, describe().length());
  }

  @Test
  void lagCountsWhatIsNotYetRead() {
    append(stream, entries(5));
    TestReader reader = worker(3);
    reader.await(3);
    reader.ackAll();
    assertEquals(2, describe().length());
    assertTrue(describeGroup().lag().orElse(2) == 2, () -> describeGroup().toString());
  }

  @Test
  void trimmingCountsOnlyWhatIsThere() {
    assumeTrue(has(Feature.TRIMMING));
    append(stream, entries(6));
    TestReader reader = worker(6);
    List<Received> all = reader.await(6);
    assertEquals(Settled.DONE, reader.ack(all.get(1)));
    assertEquals(Settled.DONE, reader.ack(all.get(3)));
    var limits =
        new Trimming.Limits(
            OptionalLong.of(2), Optional.empty(), 0, Duration.ZERO, Set.of(), false, 100);
    Trimming.Report report = Stages.await(facet(Trimming.class).trim(stream, limits, false));
    assertEquals(2, report.removed());
    assertEquals(2, report.length());
    assertEquals(2, describe().length());
    assertEquals(Optional.of(all.get(4).position()), describe().first());
  }

  @Test
  void entryThatAnotherGroupHasNotReadStays() {
    append(stream, entries(4));
    TestReader reader = worker(2);
    reader.await(2);
    TestReader late = reader().in("late").open();
    awaitGroup("late");
    reader.ackAll();
    assertEquals(4, describe().length());
    assertEquals(List.of("e1", "e2", "e3", "e4"), ids(late.request(4).await(4)));
  }

  @Test
  void entryThatAnotherGroupHasPendingStays() {
    append(stream, entries(2));
    TestReader reader = worker(2);
    List<Received> all = reader.await(2);
    TestReader late = reader().in("late").open().request(2);
    List<Received> others = late.await(2);
    assertEquals(Settled.DONE, late.ack(others.get(0)));
    reader.ackAll();
    assertEquals(1, describe().length());
    assertEquals(Optional.of(all.get(1).position()), describe().first());
    assertEquals(Settled.DONE, late.ack(others.get(1)));
  }

  @Test
  void lastOfTwoWorkQueuesRemoves() {
    append(stream, entries(2));
    TestReader one = worker(2);
    TestReader other = reader().in("other").workQueue().lease(ticks(8)).open().request(2);
    one.await(2);
    other.await(2);
    assertEquals(Settled.DONE, one.ack(one.nth(1)));
    assertEquals(Settled.DONE, other.ack(other.nth(2)));
    assertEquals(2, describe().length());
    assertEquals(Settled.DONE, one.ack(one.nth(2)));
    assertEquals(Settled.DONE, other.ack(other.nth(1)));
    assertEquals(0, describe().length());
  }

  @Test
  void groupMadeBeforeAGapReadsBehindIt() {
    append(stream, entries(4));
    TestReader reader = worker(2);
    List<Received> all = reader.await(2);
    assertEquals(Settled.DONE, reader.ack(all.get(1)));
    TestReader late = reader().in("late").open().request(1);
    late.await(1);
    late.ackAll();
    assertEquals(Settled.DONE, reader.ack(all.get(0)));
    assertEquals(2, describe().length());
    assertEquals("e3", TestReader.id(late.request(1).nth(2)));
  }

  @Test
  void movedEntryThatAnotherGroupHasNotReadStays() {
    assumeTrue(has(Feature.MOVE));
    append(entry("e1"));
    TestReader reader = worker(1);
    Received first = reader.nth(1);
    TestReader late = reader().in("late").open();
    awaitGroup("late");
    String target = "{" + stream + "}:dead:" + group.group();
    assertEquals(Settled.DONE, reader.settle(new Settlement.MoveTo(first, target, entry("e1"))));
    assertContains(target, 1);
    assertEquals("e1", TestReader.id(late.request(1).nth(1)));
  }

  @Test
  void parkedEntryThatAnotherGroupHasNotReadStays() {
    assumeTrue(has(Feature.PARKING));
    append(entry("e1"));
    TestReader reader = worker(2);
    Received first = reader.nth(1);
    TestReader late = reader().in("late").open();
    awaitGroup("late");
    assertEquals(Settled.DONE, reader.release(first, ticks(6)));
    assertEquals("e1", TestReader.id(late.request(1).nth(1)));
    advance(ticks(8));
    assertEquals(Settled.DONE, reader.ack(reader.nth(2)));
    assertEquals(1, describe().length());
  }

  @Test
  void lateAcknowledgementLeavesWhatAnotherGroupHasNotRead() {
    append(entry("e1"));
    TestReader reader = worker(1);
    Received first = reader.nth(1);
    TestReader late = reader().in("late").open();
    awaitGroup("late");
    advance(ticks(9));
    assertEquals(Settled.DONE, reader.ack(first));
    assertEquals("e1", TestReader.id(late.request(1).nth(1)));
  }

  private void awaitGroup(String name) {
    awaitUntil(name, () -> describe().groups().stream().anyMatch(each -> each.name().equals(name)));
  }

  private static List<String> ids(List<Received> entries) {
    return entries.stream().map(TestReader::id).toList();
  }
}
