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
}
