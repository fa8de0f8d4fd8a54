package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Long waits: an entry that waits for more than half a lease stands in nobody's way. */
public abstract class ParkingContract extends BackendContract {
  /** For subclasses. */
  protected ParkingContract() {}

  @BeforeEach
  void needsParking() {
    assumeTrue(has(Feature.PARKING), "no parking here");
    assertTrue(has(Feature.DELAYED_RELEASE), "parking is a delayed release");
  }

  /** A member whose releases are parked from {@code ticks(5)} on. */
  private TestReader member(int credit) {
    return reader().lease(ticks(8)).open().request(credit);
  }

  private TestReader memberElsewhere(int credit) {
    return reader().on(openAnother()).lease(ticks(8)).open().request(credit);
  }

  private Duration longWait() {
    return ticks(6);
  }

  private void letItPass() {
    advance(ticks(8));
  }

  /** Parks the first entry that a reader gets; it comes again in eight ticks at the latest. */
  private Received parked(TestReader reader) {
    Received first = reader.nth(1);
    assertEquals(Settled.DONE, reader.release(first, longWait()));
    return first;
  }

  @Test
  void parkedEntryIsNotPending() {
    append(entry("e1"));
    parked(member(1));
    StreamState.Group state = describeGroup();
    assertEquals(0, state.pending());
    assertEquals(1, state.parked());
  }

  @Test
  void parkedEntryComesBackAsItWas() {
    var whole =
        new Entry("e1", "T", "k", Map.of("h", "1"), Fields.of("n", "e1", "empty", "", "b", "x\ny"));
    append(whole);
    TestReader reader = member(2);
    Received first = parked(reader);
    reader.staysAt(1);
    letItPass();
    Received second = reader.nth(2);
    assertEquals(whole, second.entry());
    assertEquals(first.entry(), second.entry());
    assertEquals(Settled.STALE, reader.ack(first));
    assertEquals(Settled.DONE, reader.ack(second));
    assertEquals(0, describeGroup().pending());
    assertEquals(0, describeGroup().parked());
  }

  @Test
  void deliveryAndFenceGoOnAcrossParking() {
    append(entry("e1"));
    TestReader reader = member(3);
    Received before = reader.nth(1);
    for (int delivery = 2; delivery <= 3; delivery++) {
      assertEquals(Settled.DONE, reader.release(before, longWait()));
      letItPass();
      Received next = reader.nth(delivery);
      if (has(Feature.DELIVERY_COUNT)) {
        assertEquals(delivery, next.delivery().orElse(0));
      }
      if (has(Feature.FENCING)) {
        assertRises(before.fence().orElseThrow(), next.fence().orElseThrow());
      }
      before = next;
    }
  }

  @Test
  void noteIsKeptAcrossParking() {
    assumeTrue(has(Feature.NOTES));
    append(entry("e1"));
    TestReader reader = member(3);
    assertEquals(
        Settled.DONE,
        reader.settle(new Settlement.Release(reader.nth(1), longWait(), Optional.of("waited"))));
    letItPass();
    assertEquals(new Received.Past(false, Optional.of("waited")), reader.nth(2).past());
    assertEquals(Settled.DONE, reader.release(reader.nth(2), longWait()));
    letItPass();
    assertEquals(new Received.Past(false, Optional.of("waited")), reader.nth(3).past());
  }

  @Test
  void entryWithoutAnIdCarriesItsFirstPositionAsId() {
    Position first = append(new Entry(null, null, null, Map.of(), Fields.of("n", "1")));
    TestReader reader = member(2);
    assertEquals(Optional.empty(), parked(reader).entry().id());
    letItPass();
    Received second = reader.nth(2);
    assertEquals(Optional.of(first.value()), second.entry().id());
    assertEquals(Fields.of("n", "1"), second.entry().fields());
    assertEquals(Map.of(), second.entry().headers());
  }

  @Test
  void shortWaitStaysPending() {
    append(entry("e1"));
    TestReader reader = member(2);
    assertEquals(Settled.DONE, reader.release(reader.nth(1), ticks(2)));
    assertEquals(1, describeGroup().pending());
    assertEquals(0, describeGroup().parked());
    advance(ticks(4));
    assertEquals("e1", TestReader.id(reader.nth(2)));
  }

  @Test
  void parkedEntryComesBackToWhoeverReadsWhenAllOthersLeft() {
    append(entry("e1"));
    TestReader first = member(1);
    parked(first);
    first.leave();
    letItPass();
    TestReader second = memberElsewhere(1);
    assertEquals("e1", TestReader.id(second.nth(1)));
    assertEquals(Settled.DONE, second.ack(second.nth(1)));
  }

  @Test
  void returnedEntryIsCountedAsUnreadAndThenAsPending() {
    append(entry("e1"));
    TestReader reader = member(1);
    parked(reader);
    letItPass();
    awaitUntil("the return", () -> describeGroup().parked() == 0);
    assertEquals(0, describeGroup().pending());
    assertTrue(describeGroup().lag().orElse(1) == 1, () -> describeGroup().toString());
    reader.request(1).nth(2);
    assertEquals(1, describeGroup().pending());
    assertTrue(describeGroup().lag().orElse(0) == 0, () -> describeGroup().toString());
  }

  @Test
  void parkedEntryDoesNotHoldTrimmingBackAndSurvivesIt() {
    assumeTrue(has(Feature.TRIMMING));
    append(stream, entries(3));
    TestReader reader = member(4);
    List<Received> all = new ArrayList<>(reader.await(3));
    parked(reader);
    assertEquals(Settled.DONE, reader.ack(all.get(1)));
    assertEquals(Settled.DONE, reader.ack(all.get(2)));
    assertEquals(3, trimAll().removed());
    assertEquals(0, describe().length());
    letItPass();
    Received back = reader.nth(4);
    assertEquals(all.getFirst().entry(), back.entry());
    assertEquals(Settled.DONE, reader.ack(back));
  }

  private Trimming.Report trimAll() {
    return Stages.await(
        facet(Trimming.class)
            .trim(
                stream,
                new Trimming.Limits(
                    OptionalLong.of(0), Optional.empty(), 0, Duration.ZERO, Set.of(), true, 100),
                false));
  }

  @Test
  void parkedEntryIsNoBacklog() {
    assumeTrue(has(Feature.GUARDED_APPEND));
    append(entry("e1"));
    parked(member(1));
    var guard = AppendGuard.none().maxBacklog(1);
    List<Appended> results =
        Stages.await(backend.log().append(stream, List.of(entry("e2"), entry("e3")), guard));
    position(results.get(0));
    assertInstanceOf(Appended.Full.class, results.get(1));
  }

  @Test
  void othersPassAParkedEntry() {
    append(stream, entries(3));
    TestReader reader = member(4);
    parked(reader);
    assertEquals(Settled.DONE, reader.ack(reader.nth(2)));
    assertEquals(Settled.DONE, reader.ack(reader.nth(3)));
    letItPass();
    assertEquals("e1", TestReader.id(reader.nth(4)));
  }

  @Test
  void returnedEntryIsRenewedLikeAnyOther() {
    append(entry("e1"));
    TestReader reader = member(2);
    parked(reader);
    letItPass();
    Received back = reader.nth(2);
    TestReader other = memberElsewhere(1);
    for (int i = 0; i < 5; i++) {
      advance(ticks(3));
      assertEquals(
          Set.of(back.position()),
          Stages.await(facet(Leases.class).renew(group, List.of(back), ticks(8))));
    }
    other.staysAt(0);
    assertEquals(Settled.DONE, reader.ack(back));
  }

  @Test
  void returnedEntryOfADeadReaderIsRecovered() {
    append(entry("e1"));
    TestReader reader = member(2);
    parked(reader);
    letItPass();
    Received back = reader.nth(2);
    if (has(Feature.NOTES)) {
      assertTrue(Stages.await(facet(Leases.class).note(group, back, "alone")));
    }
    TestReader heir = memberElsewhere(1);
    advance(ticks(9));
    Received third = heir.nth(1);
    assertEquals(back.entry(), third.entry());
    if (has(Feature.NOTES)) {
      assertEquals(new Received.Past(true, Optional.of("alone")), third.past());
    }
    if (has(Feature.FENCING)) {
      assertRises(back.fence().orElseThrow(), third.fence().orElseThrow());
    }
    assertEquals(Settled.STALE, reader.ack(back));
    assertEquals(Settled.DONE, heir.ack(third));
  }

  @Test
  void returnedEntryIsHandedBackByLeaving() {
    append(entry("e1"));
    TestReader reader = member(2);
    parked(reader);
    letItPass();
    reader.nth(2);
    reader.leave();
    TestReader heir = memberElsewhere(1);
    assertEquals("e1", TestReader.id(heir.nth(1)));
    assertEquals(Settled.DONE, heir.ack(heir.nth(1)));
  }

  @Test
  void returnedEntryIsReleasedAndMovedLikeAnyOther() {
    append(entry("e1"));
    TestReader reader = member(3);
    parked(reader);
    letItPass();
    assertEquals(Settled.DONE, reader.release(reader.nth(2), Duration.ZERO));
    Received third = reader.nth(3);
    String target = "{" + stream + "}:dead:" + group.group();
    assertEquals(Settled.DONE, reader.settle(new Settlement.MoveTo(third, target, third.entry())));
    assertContains(target, 1);
    assertEquals(0, describeGroup().pending());
    stream = target;
    assertEquals(third.entry(), reader().in("inspectors").open().request(1).nth(1).entry());
  }

  @Test
  void parkingOfOneGroupDoesNotConcernAnother() {
    append(entry("e1"));
    TestReader audit = reader().in("audit").open();
    parked(member(1));
    audit.request(2).nth(1);
    letItPass();
    audit.staysAt(1);
    assertEquals(Settled.DONE, audit.ack(audit.nth(1)));
  }

  @Test
  void historyShowsAParkedEntryOnceAndUnchanged() {
    assumeTrue(has(Feature.HISTORY));
    append(entry("e1"));
    TestReader reader = member(2);
    parked(reader);
    letItPass();
    reader.nth(2);
    List<History.Recorded> all =
        Stages.await(facet(History.class).scan(stream, Optional.empty(), 10));
    assertEquals(List.of(entry("e1")), all.stream().map(History.Recorded::entry).toList());
    assertEquals(1, describe().length());
  }

  @Test
  void deletingTheStreamForgetsWhatIsParked() {
    append(entry("e1"));
    TestReader reader = member(10);
    parked(reader);
    Stages.await(backend.log().delete(stream));
    append(entry("e2"));
    assertEquals("e2", TestReader.id(reader.nth(2)));
    assertEquals(Settled.DONE, reader.ack(reader.nth(2)));
    assertEquals(0, describeGroup().parked());
    letItPass();
    reader.staysAt(2);
  }

  @Test
  void parkingOfManyLosesNone() {
    append(stream, entries(50));
    TestReader reader = member(50);
    List<Settlement> releases =
        reader.await(50).stream()
            .<Settlement>map(each -> new Settlement.Release(each, longWait()))
            .toList();
    assertEquals(releases.stream().map(each -> Settled.DONE).toList(), reader.settle(releases));
    assertEquals(50, describeGroup().parked());
    letItPass();
    List<Received> again = reader.request(50).await(100).subList(50, 100);
    assertEquals(Set.copyOf(ids(1, 50)), Set.copyOf(again.stream().map(TestReader::id).toList()));
  }
}
