package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leases: what is not renewed passes to another member, and its old holder is refused. */
public abstract class LeaseContract extends BackendContract {
  /** For subclasses. */
  protected LeaseContract() {}

  @BeforeEach
  void needsLeases() {
    assumeOffered(Feature.LEASES, Leases.class);
  }

  private Set<Position> renew(Collection<Received> held, Duration lease) {
    return Stages.await(facet(Leases.class).renew(group, held, lease));
  }

  /** Long enough for a busy machine to answer within it, and the same for all members. */
  private Duration lease() {
    return ticks(8);
  }

  private void letLeaseRunOut() {
    advance(ticks(9));
  }

  private TestReader member(int credit) {
    return reader().lease(lease()).open().request(credit);
  }

  private TestReader memberElsewhere(int credit) {
    return reader().on(openAnother()).lease(lease()).open().request(credit);
  }

  @Test
  void entryIsDeliveredToAnotherMemberWhenItsLeaseRunsOut() {
    append(entry("e1"));
    TestReader stalled = member(1);
    Received first = stalled.nth(1);
    TestReader heir = memberElsewhere(1);
    heir.staysAt(0);
    letLeaseRunOut();
    Received second = heir.nth(1);
    assertEquals(first.entry(), second.entry());
    assertEquals(first.position(), second.position());
    if (has(Feature.DELIVERY_COUNT)) {
      assertEquals(2, second.delivery().orElse(0));
    }
    if (has(Feature.FENCING)) {
      assertRises(first.fence().orElseThrow(), second.fence().orElseThrow());
    }
  }

  @Test
  void staleSettlementsAreRefusedAfterRedelivery() {
    append(stream, entries(3));
    TestReader stalled = member(3);
    List<Received> old = stalled.await(3);
    TestReader heir = memberElsewhere(3);
    letLeaseRunOut();
    heir.await(3);
    assertEquals(Settled.STALE, stalled.ack(old.get(0)));
    if (has(Feature.RELEASE)) {
      assertEquals(Settled.STALE, stalled.release(old.get(1), Duration.ZERO));
    }
    if (has(Feature.ATOMIC_MOVE)) {
      String target = "{" + stream + "}:dead:" + group.group();
      assertEquals(
          Settled.STALE, stalled.settle(new Settlement.MoveTo(old.get(2), target, entry("moved"))));
      assertNothingIn(target);
    }
    assertEquals(3, describeGroup().pending());
    heir.ackAll();
    assertEquals(0, describeGroup().pending());
    heir.staysAt(3);
  }

  @Test
  void renewedEntryStaysWithItsMember() {
    append(entry("e1"));
    TestReader slow = member(1);
    Received held = slow.nth(1);
    TestReader other = memberElsewhere(1);
    for (int i = 0; i < 5; i++) {
      advance(ticks(3));
      assertEquals(Set.of(held.position()), renew(List.of(held), lease()));
    }
    other.staysAt(0);
    assertEquals(Settled.DONE, slow.ack(held));
  }

  @Test
  void leaseThatIsNoLongerRenewedRunsOut() {
    append(entry("e1"));
    TestReader slow = member(1);
    Received held = slow.nth(1);
    TestReader heir = memberElsewhere(1);
    advance(ticks(1));
    renew(List.of(held), lease());
    letLeaseRunOut();
    assertEquals("e1", TestReader.id(heir.nth(1)));
    assertEquals(Set.of(), renew(List.of(held), lease()));
    assertEquals(Settled.STALE, slow.ack(held));
  }

  @Test
  void renewalTellsWhatIsStillHeld() {
    append(stream, entries(3));
    TestReader reader = reader(3);
    List<Received> all = reader.await(3);
    assertEquals(Settled.DONE, reader.ack(all.get(1)));
    assertEquals(Set.of(all.get(0).position(), all.get(2).position()), renew(all, ticks(100)));
  }

  @Test
  void renewingNothingIsFine() {
    assertEquals(Set.of(), renew(List.of(), ticks(3)));
  }

  @Test
  void renewalTakesNothingFromTheNewHolder() {
    append(entry("e1"));
    TestReader stalled = member(1);
    Received old = stalled.nth(1);
    TestReader heir = memberElsewhere(1);
    letLeaseRunOut();
    Received current = heir.nth(1);
    assertEquals(Set.of(), renew(List.of(old), lease()));
    assertEquals(Set.of(current.position()), renew(List.of(current), lease()));
    assertEquals(Settled.DONE, heir.ack(current));
  }

  @Test
  void deliveriesAreRenewedAfterReadingStopped() {
    append(entry("e1"));
    TestReader reader = member(1);
    Received held = reader.nth(1);
    reader.stopReading();
    TestReader other = memberElsewhere(1);
    for (int i = 0; i < 5; i++) {
      advance(ticks(3));
      assertEquals(Set.of(held.position()), renew(List.of(held), lease()));
    }
    other.staysAt(0);
    assertEquals(Settled.DONE, reader.ack(held));
  }

  @Test
  void recoveredEntriesDoNotExceedCredit() {
    append(stream, entries(10));
    member(10).await(10);
    TestReader heir = memberElsewhere(3);
    letLeaseRunOut();
    heir.await(3);
    heir.staysAt(3);
    heir.ackAll();
    heir.request(7).await(10);
    assertTrue(heir.ids().containsAll(ids(1, 10)));
  }

  @Test
  void memberGetsItsOwnEntryBackWhenNobodyElseTakesIt() {
    append(entry("e1"));
    TestReader reader = member(2);
    Received first = reader.nth(1);
    letLeaseRunOut();
    Received second = reader.nth(2);
    assertEquals(first.position(), second.position());
    assertEquals(Settled.STALE, reader.ack(first));
  }

  @Test
  void leaseOfTheHolderCountsAndNotThatOfTheHeir() {
    append(entry("e1"));
    member(1).await(1);
    TestReader heir = reader().on(openAnother()).lease(ticks(1_000)).open().request(1);
    letLeaseRunOut();
    assertEquals("e1", TestReader.id(heir.nth(1)));
  }

  @Test
  void longerLeaseOfTheHolderIsRespectedByAnHeirWithAShorterOne() {
    append(entry("e1"));
    TestReader slow = reader().lease(ticks(1_000)).open().request(1);
    Received held = slow.nth(1);
    TestReader hasty = memberElsewhere(1);
    letLeaseRunOut();
    hasty.staysAt(0);
    assertEquals(Settled.DONE, slow.ack(held));
  }
}
