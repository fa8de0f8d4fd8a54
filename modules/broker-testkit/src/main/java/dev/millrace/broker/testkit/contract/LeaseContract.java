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

  private TestReader shortLease() {
    return reader().lease(ticks(3)).open();
  }

  @Test
  void entryIsDeliveredToAnotherMemberWhenItsLeaseRunsOut() {
    append(entry("e1"));
    TestReader stalled = shortLease().request(1);
    Received first = stalled.nth(1);
    TestReader heir = reader().on(openAnother()).lease(ticks(100)).open().request(1);
    heir.staysAt(0);
    advance(ticks(4));
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
    TestReader stalled = shortLease().request(3);
    List<Received> old = stalled.await(3);
    TestReader heir = reader().on(openAnother()).lease(ticks(100)).open().request(3);
    advance(ticks(4));
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
    TestReader slow = reader().lease(ticks(4)).open().request(1);
    Received held = slow.nth(1);
    TestReader other = reader().on(openAnother()).lease(ticks(100)).open().request(1);
    for (int i = 0; i < 10; i++) {
      advance(ticks(1));
      assertEquals(Set.of(held.position()), renew(List.of(held), ticks(4)));
    }
    other.staysAt(0);
    assertEquals(Settled.DONE, slow.ack(held));
  }

  @Test
  void leaseThatIsNoLongerRenewedRunsOut() {
    append(entry("e1"));
    TestReader slow = shortLease().request(1);
    Received held = slow.nth(1);
    TestReader heir = reader().on(openAnother()).lease(ticks(100)).open().request(1);
    advance(ticks(1));
    renew(List.of(held), ticks(3));
    advance(ticks(4));
    assertEquals("e1", TestReader.id(heir.nth(1)));
    assertEquals(Set.of(), renew(List.of(held), ticks(3)));
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
    TestReader stalled = shortLease().request(1);
    Received old = stalled.nth(1);
    TestReader heir = reader().on(openAnother()).lease(ticks(100)).open().request(1);
    advance(ticks(4));
    Received current = heir.nth(1);
    assertEquals(Set.of(), renew(List.of(old), ticks(100)));
    assertEquals(Set.of(current.position()), renew(List.of(current), ticks(100)));
    assertEquals(Settled.DONE, heir.ack(current));
  }

  @Test
  void deliveriesAreRenewedAfterReadingStopped() {
    append(entry("e1"));
    TestReader reader = reader().lease(ticks(4)).open().request(1);
    Received held = reader.nth(1);
    reader.stopReading();
    TestReader other = reader().on(openAnother()).lease(ticks(100)).open().request(1);
    for (int i = 0; i < 5; i++) {
      advance(ticks(1));
      assertEquals(Set.of(held.position()), renew(List.of(held), ticks(4)));
    }
    other.staysAt(0);
    assertEquals(Settled.DONE, reader.ack(held));
  }

  @Test
  void recoveredEntriesDoNotExceedCredit() {
    append(stream, entries(10));
    shortLease().request(10).await(10);
    TestReader heir = reader().on(openAnother()).lease(ticks(1_000)).open().request(3);
    advance(ticks(4));
    heir.await(3);
    advance(ticks(2));
    heir.staysAt(3);
    heir.request(7).await(10);
    assertTrue(heir.ids().containsAll(ids(1, 10)));
  }

  @Test
  void memberGetsItsOwnEntryBackWhenNobodyElseTakesIt() {
    append(entry("e1"));
    TestReader reader = shortLease().request(2);
    Received first = reader.nth(1);
    advance(ticks(4));
    Received second = reader.nth(2);
    assertEquals(first.position(), second.position());
    assertEquals(Settled.STALE, reader.ack(first));
  }
}
