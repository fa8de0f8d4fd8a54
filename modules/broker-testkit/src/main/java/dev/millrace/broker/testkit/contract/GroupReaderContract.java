package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Members of groups: credit, sharing, start positions, stopping, leaving. */
public abstract class GroupReaderContract extends BackendContract {
  /** For subclasses. */
  protected GroupReaderContract() {}

  @Test
  void nothingComesWithoutCredit() {
    append(stream, entries(3));
    TestReader reader = reader().open();
    reader.staysAt(0);
    reader.request(1).await(1);
    reader.staysAt(1);
  }

  @Test
  void creditIsNeverExceeded() {
    append(stream, entries(10));
    TestReader reader = reader(3);
    reader.await(3);
    reader.staysAt(3);
    reader.request(2).await(5);
    reader.staysAt(5);
    reader.request(1).request(1).await(7);
    reader.staysAt(7);
  }

  @Test
  void acknowledgingGivesNoCredit() {
    append(stream, entries(5));
    TestReader reader = reader(2);
    reader.await(2);
    reader.ackAll();
    reader.staysAt(2);
  }

  @Test
  void deliversWhatIsAppendedWhileItWaits() {
    TestReader reader = reader(10);
    reader.staysAt(0);
    append(entry("e1"));
    reader.await(1);
    append(stream, List.of(entry("e2"), entry("e3")));
    reader.await(3);
    assertEquals(Set.copyOf(ids(1, 3)), Set.copyOf(reader.ids()));
  }

  @Test
  void creditOfZeroOrLessIsRefused() {
    TestReader reader = reader().open();
    assertThrows(IllegalArgumentException.class, () -> reader.reader.request(0));
    assertThrows(IllegalArgumentException.class, () -> reader.reader.request(-1));
  }

  @Test
  void creditCanBeGivenFromInsideADelivery() {
    append(stream, entries(30));
    var holder = new TestReader[1];
    holder[0] = reader().listener(batch -> holder[0].request(batch.size())).open();
    holder[0].request(1).await(30);
    holder[0].ackAll();
  }

  @Test
  void deliveryCanBeSettledFromInsideTheSink() {
    append(stream, entries(5));
    var holder = new TestReader[1];
    holder[0] =
        reader()
            .listener(
                batch ->
                    holder[0].reader.settle(
                        batch.stream()
                            .<dev.millrace.broker.api.spi.Settlement>map(
                                dev.millrace.broker.api.spi.Settlement.Ack::new)
                            .toList()))
            .open();
    holder[0].request(5).await(5);
    awaitUntil("nothing pending", () -> describeGroup().pending() == 0);
  }

  @Test
  void groupsReadIndependently() {
    append(stream, entries(4));
    TestReader workers = reader(4);
    TestReader audit = reader().in("audit").open().request(10);
    workers.await(4);
    workers.ackAll();
    audit.await(4);
    assertEquals(Set.copyOf(ids(1, 4)), Set.copyOf(audit.ids()));
    audit.ackAll();
  }

  @Test
  void membersShareWithoutOverlap() {
    append(stream, entries(100));
    TestReader one = reader().batch(10).open();
    TestReader two = reader().batch(10).on(openAnother()).open();
    one.request(60);
    two.request(60);
    awaitUntil("all", () -> one.sink.size() + two.sink.size() == 100);
    var all = new HashSet<>(one.ids());
    all.addAll(two.ids());
    assertEquals(Set.copyOf(ids(1, 100)), all);
    one.ackAll();
    two.ackAll();
  }

  @Test
  void memberWithoutCreditHoldsNothingBackFromOthers() {
    append(stream, entries(4));
    TestReader idle = reader().open();
    TestReader full = reader(1);
    full.await(1);
    reader(10).await(3);
    idle.staysAt(0);
    full.staysAt(1);
  }

  @Test
  void acknowledgedEntriesAreNotPendingAndNeverComeAgain() {
    append(stream, entries(3));
    TestReader reader = reader(10);
    reader.await(3);
    reader.ackAll();
    assertEquals(0, describeGroup().pending());
    reader.leave();
    reader(10).staysAt(0);
  }

  @Test
  void firstDeliveryCountsAsOne() {
    append(entry("e1"));
    Received received = reader(1).nth(1);
    assertEquals(has(Feature.DELIVERY_COUNT), received.delivery().isPresent());
    assertEquals(has(Feature.FENCING), received.fence().isPresent());
    assertEquals(1, received.delivery().orElse(1));
  }

  @Test
  void groupBeginsAtTheBeginning() {
    append(stream, entries(3));
    reader().start(StartPosition.beginning()).open().request(5).await(3);
  }

  @Test
  void groupThatBeginsAtTheEndGetsOnlyWhatComesAfterwards() {
    append(stream, entries(3));
    TestReader reader = reader().start(StartPosition.latest()).open().request(5);
    Stages.await(reader.reader.ready());
    append(entry("later"));
    reader.await(1);
    assertEquals(List.of("later"), reader.ids());
    reader.staysAt(1);
  }

  @Test
  void readerIsReadyWhenItsGroupIsThere() {
    TestReader first = reader().open();
    Stages.await(first.reader.ready());
    assertEquals(1, describe().groups().size());
    Stages.await(reader().open().reader.ready());
    first.leave();
    Stages.await(first.reader.ready());
  }

  @Test
  void readerThatHasLeftKeepsNobodyWaitingForItsGroup() {
    TestReader reader = reader().open();
    var ready = reader.reader.ready().toCompletableFuture();
    reader.leave();
    awaitUntil("the outcome", ready::isDone);
  }

  @Test
  void groupBeginsAfterAPosition() {
    List<Position> positions = append(stream, entries(5));
    TestReader reader =
        reader().start(StartPosition.after(positions.get(2).value())).open().request(5);
    reader.await(2);
    assertEquals(ids(4, 5), reader.ids());
    reader.staysAt(2);
  }

  @Test
  void groupBeginsAtATime() {
    append(stream, entries(2));
    advance(ticks(1));
    Instant time = now();
    advance(ticks(1));
    append(stream, List.of(entry("e3"), entry("e4")));
    TestReader reader = reader().start(StartPosition.at(time)).open().request(5);
    reader.await(2);
    assertEquals(ids(3, 4), reader.ids());
    reader.staysAt(2);
  }

  @Test
  void groupThatExistsGoesOnWhereItWas() {
    append(stream, entries(4));
    TestReader first = reader(2);
    first.await(2);
    first.ackAll();
    first.leave();
    TestReader second = reader().start(StartPosition.latest()).open().request(5);
    second.await(2);
    assertEquals(ids(3, 4), second.ids());
  }

  @Test
  void nothingIsDeliveredAfterReadingStopped() {
    append(stream, entries(20));
    TestReader stopped = reader().batch(5).open().request(10);
    stopped.await(1);
    stopped.stopReading();
    int had = stopped.sink.size();
    append(entry("e21"));
    TestReader other = reader(100);
    other.await(21 - had);
    stopped.staysAt(had);
    stopped.ackAll();
    other.ackAll();
  }

  @Test
  void stoppingForgetsCredit() {
    TestReader reader = reader(10);
    reader.stopReading();
    append(stream, entries(3));
    reader.reader.resumeReading();
    reader.staysAt(0);
    reader.request(2).await(2);
    reader.staysAt(2);
  }

  @Test
  void whatWasReadAheadIsHandedBackWhenReadingStops() {
    append(stream, entries(50));
    TestReader stopped = reader().batch(50).open().request(5);
    stopped.await(5);
    stopped.stopReading();
    TestReader other = reader(50);
    other.await(45);
    other.ackAll();
  }

  @Test
  void deliveriesAreSettledAfterReadingStopped() {
    append(stream, entries(2));
    TestReader reader = reader(2);
    reader.await(2);
    reader.stopReading();
    reader.ackAll();
    assertEquals(0, describeGroup().pending());
  }

  @Test
  void readsOnAfterResuming() {
    append(stream, entries(4));
    TestReader reader = reader(2);
    reader.await(2);
    reader.stopReading();
    reader.stopReading();
    reader.reader.resumeReading();
    reader.reader.resumeReading();
    reader.request(5).await(4);
    assertEquals(Set.copyOf(ids(1, 4)), Set.copyOf(reader.ids()));
  }

  @Test
  void leavingHandsBackAtOnceWhatWasNotSettled() {
    append(stream, entries(5));
    TestReader leaver = reader(5);
    leaver.await(5);
    assertEquals(Settled.DONE, leaver.ack(leaver.nth(1)));
    leaver.leave();
    TestReader heir = reader(10);
    List<Received> inherited = heir.await(4);
    assertEquals(Set.copyOf(ids(2, 5)), Set.copyOf(heir.ids()));
    if (has(Feature.DELIVERY_COUNT)) {
      inherited.forEach(each -> assertEquals(2, each.delivery().orElse(0)));
    }
    heir.ackAll();
    heir.staysAt(4);
  }

  @Test
  void leavingReachesAMemberThatWaits() {
    append(stream, entries(3));
    TestReader leaver = reader(3);
    leaver.await(3);
    TestReader heir = reader().on(openAnother()).open().request(10);
    heir.staysAt(0);
    leaver.leave();
    heir.await(3);
  }

  @Test
  void leavingTwiceIsFine() {
    TestReader reader = reader(1);
    reader.leave();
    reader.leave();
    reader.reader.close();
  }

  @Test
  void closingIsLeavingWithoutWaiting() {
    append(entry("e1"));
    TestReader first = reader(1);
    first.await(1);
    first.reader.close();
    assertEquals("e1", TestReader.id(reader(1).nth(1)));
  }

  @Test
  void settlementOfAMemberThatLeftIsStale() {
    append(entry("e1"));
    TestReader leaver = reader(1);
    Received held = leaver.nth(1);
    leaver.leave();
    TestReader heir = reader(1);
    Received again = heir.nth(1);
    assertEquals(Settled.STALE, leaver.ack(held));
    assertEquals(Settled.DONE, heir.ack(again));
  }
}
