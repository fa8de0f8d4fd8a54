package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Settling: acknowledge, release, move; answers in order; stale ones refused. */
public abstract class SettlementContract extends BackendContract {
  private static final Entry DEAD =
      new Entry("e1", "T", null, Map.of("reason", "broken"), Fields.of("n", "e1"));

  /** For subclasses. */
  protected SettlementContract() {}

  @Test
  void answersEachSettlementInOrder() {
    append(stream, entries(3));
    TestReader reader = reader(3);
    List<Received> all = reader.await(3);
    assertEquals(Settled.DONE, reader.ack(all.get(1)));
    assertEquals(
        List.of(Settled.DONE, Settled.STALE, Settled.DONE),
        reader.settle(all.stream().<Settlement>map(Settlement.Ack::new).toList()));
  }

  @Test
  void settlingNothingAnswersNothing() {
    assertEquals(List.of(), reader().open().settle(List.of()));
  }

  @Test
  void secondSettlementOfADeliveryIsStale() {
    append(entry("e1"));
    TestReader reader = reader(1);
    Received received = reader.nth(1);
    assertEquals(Settled.DONE, reader.ack(received));
    assertEquals(Settled.STALE, reader.ack(received));
  }

  @Test
  void whoSettlesOneIsToldWhatBecameOfIt() {
    append(stream, entries(2));
    TestReader reader = reader(2);
    Received first = reader.await(2).getFirst();
    assertEquals(Settled.DONE, told(reader, new Settlement.Ack(first)));
    assertEquals(Settled.STALE, told(reader, new Settlement.Ack(first)));
    assertEquals(1, describeGroup().pending());
    Received second = reader.nth(2);
    if (has(Feature.RELEASE)) {
      assertEquals(Settled.DONE, told(reader, new Settlement.Release(second, Duration.ZERO)));
      second = reader.request(1).nth(3);
    }
    assertEquals(Settled.DONE, told(reader, new Settlement.Ack(second)));
  }

  private static Settled told(TestReader reader, Settlement settlement) {
    var answer = new CompletableFuture<Settled>();
    reader.reader.settle(settlement, answer::complete);
    return Stages.await(answer);
  }

  @Test
  void settlementsInAnyOrderAreFine() {
    append(stream, entries(10));
    TestReader reader = reader(10);
    var all = new ArrayList<>(reader.await(10)).reversed();
    for (Received each : all) {
      assertEquals(Settled.DONE, reader.ack(each));
    }
    assertEquals(0, describeGroup().pending());
  }

  @Test
  void manySettlementsAtOnceAllAnswer() {
    append(stream, entries(500));
    TestReader reader = reader(500);
    var stages = new ArrayList<CompletionStage<List<Settled>>>();
    for (Received each : reader.await(500)) {
      stages.add(reader.reader.settle(List.of(new Settlement.Ack(each))));
    }
    stages.forEach(stage -> assertEquals(List.of(Settled.DONE), Stages.await(stage)));
    assertEquals(0, describeGroup().pending());
  }

  @Test
  void releasedEntryIsDeliveredAgainAtOnce() {
    append(entry("e1"));
    TestReader reader = reader(1);
    Received first = reader.nth(1);
    if (!has(Feature.RELEASE)) {
      Stages.assertRefused(
          reader.reader.settle(List.of(new Settlement.Release(first, Duration.ZERO))));
      assertEquals(Settled.DONE, reader.ack(first));
      return;
    }
    assertEquals(Settled.DONE, reader.release(first, Duration.ZERO));
    Received second = reader.request(1).nth(2);
    assertEquals(first.entry(), second.entry());
    assertEquals(Settled.STALE, reader.ack(first));
    assertEquals(Settled.DONE, reader.ack(second));
  }

  @Test
  void releasedEntryReachesAnyMember() {
    if (!has(Feature.RELEASE)) {
      return;
    }
    append(entry("e1"));
    TestReader one = reader(1);
    Received first = one.nth(1);
    TestReader two = reader().on(openAnother()).open().request(1);
    two.staysAt(0);
    assertEquals(Settled.DONE, one.release(first, Duration.ZERO));
    assertEquals("e1", TestReader.id(two.nth(1)));
    assertEquals(Settled.DONE, two.ack(two.nth(1)));
  }

  @Test
  void countAndFenceRiseWithEachDelivery() {
    if (!has(Feature.RELEASE)) {
      return;
    }
    append(entry("e1"));
    TestReader reader = reader(1);
    for (int delivery = 1; delivery <= 4; delivery++) {
      Received received = reader.nth(delivery);
      if (has(Feature.DELIVERY_COUNT)) {
        assertEquals(delivery, received.delivery().orElse(0));
      }
      if (has(Feature.FENCING) && delivery > 1) {
        assertRises(reader.nth(delivery - 1).fence().orElseThrow(), received.fence().orElseThrow());
      }
      assertEquals(Settled.DONE, reader.release(received, Duration.ZERO));
      reader.request(1);
    }
  }

  @Test
  void releasedEntryWaitsForItsDelay() {
    append(entry("e1"));
    TestReader reader = reader(2);
    Received first = reader.nth(1);
    if (!has(Feature.DELAYED_RELEASE)) {
      Stages.assertRefused(reader.reader.settle(List.of(new Settlement.Release(first, ticks(4)))));
      assertEquals(Settled.DONE, reader.ack(first));
      return;
    }
    assertEquals(Settled.DONE, reader.release(first, ticks(4)));
    advance(ticks(1));
    reader.staysAt(1);
    advance(ticks(4));
    Received second = reader.nth(2);
    assertEquals("e1", TestReader.id(second));
    if (has(Feature.DELIVERY_COUNT)) {
      assertEquals(2, second.delivery().orElse(0));
    }
    assertEquals(Settled.DONE, reader.ack(second));
  }

  @Test
  void delayedReleaseReachesAMemberThatComesLater() {
    if (!has(Feature.DELAYED_RELEASE)) {
      return;
    }
    append(entry("e1"));
    TestReader first = reader(1);
    assertEquals(Settled.DONE, first.release(first.nth(1), ticks(8)));
    first.leave();
    TestReader second = reader().on(openAnother()).open().request(1);
    second.staysAt(0);
    advance(ticks(8));
    assertEquals("e1", TestReader.id(second.nth(1)));
  }

  @Test
  void othersPassAnEntryThatWaits() {
    if (!has(Feature.DELAYED_RELEASE)) {
      return;
    }
    append(entry("e1"));
    TestReader reader = reader(1);
    assertEquals(Settled.DONE, reader.release(reader.nth(1), ticks(1_000)));
    append(stream, List.of(entry("e2"), entry("e3")));
    reader.request(5).await(3);
    assertEquals(ids(1, 3), reader.ids());
  }

  @Test
  void movedEntryLandsAndIsAcknowledged() {
    append(entry("e1"));
    TestReader reader = reader(1);
    Received received = reader.nth(1);
    String target = sibling();
    var move = new Settlement.MoveTo(received, target, DEAD);
    if (!has(Feature.MOVE)) {
      Stages.assertRefused(reader.reader.settle(List.of(move)));
      assertNothingIn(target);
      assertEquals(Settled.DONE, reader.ack(received));
      return;
    }
    assertEquals(Settled.DONE, reader.settle(move));
    assertContains(target, 1);
    assertEquals(0, describeGroup().pending());
    TestReader there = readerOf(target);
    assertEquals(DEAD, there.request(1).nth(1).entry());
  }

  @Test
  void staleMovePutsNothingAnywhere() {
    if (!has(Feature.ATOMIC_MOVE)) {
      return;
    }
    append(entry("e1"));
    TestReader reader = reader(1);
    Received received = reader.nth(1);
    assertEquals(Settled.DONE, reader.ack(received));
    String target = sibling();
    assertEquals(Settled.STALE, reader.settle(new Settlement.MoveTo(received, target, DEAD)));
    assertNothingIn(target);
  }

  @Test
  void differentSettlementsGoTogether() {
    if (!has(Feature.RELEASE) || !has(Feature.MOVE)) {
      return;
    }
    append(stream, entries(3));
    TestReader reader = reader(3);
    List<Received> all = reader.await(3);
    String target = sibling();
    assertEquals(
        List.of(Settled.DONE, Settled.DONE, Settled.DONE),
        reader.settle(
            List.of(
                new Settlement.Ack(all.get(0)),
                new Settlement.Release(all.get(1), Duration.ZERO),
                new Settlement.MoveTo(all.get(2), target, entry("e3")))));
    assertEquals("e2", TestReader.id(reader.request(1).nth(4)));
    assertContains(target, 1);
    assertEquals(1, describeGroup().pending());
  }

  @Test
  void releaseOfManyLosesNone() {
    if (!has(Feature.RELEASE)) {
      return;
    }
    append(stream, entries(50));
    TestReader reader = reader(50);
    List<Settlement> releases =
        reader.await(50).stream()
            .<Settlement>map(each -> new Settlement.Release(each, Duration.ZERO))
            .toList();
    reader.settle(releases);
    List<Received> again = reader.request(50).await(100).subList(50, 100);
    assertEquals(Set.copyOf(ids(1, 50)), Set.copyOf(again.stream().map(TestReader::id).toList()));
  }

  /** A name beside the stream, as dead letters have: where slots matter, the same one. */
  private String sibling() {
    return "{" + stream + "}:dead:" + group.group();
  }

  private TestReader readerOf(String other) {
    stream = other;
    return reader().in("inspectors").open();
  }
}
