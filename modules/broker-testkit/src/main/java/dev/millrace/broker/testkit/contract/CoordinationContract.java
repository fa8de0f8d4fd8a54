package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Coordination.Lease;
import dev.millrace.broker.api.spi.ServerClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agreement between processes: leases, members, small values, one clock. */
public abstract class CoordinationContract extends BackendContract {
  private String name = "";

  /** For subclasses. */
  protected CoordinationContract() {}

  @BeforeEach
  void needsCoordination() {
    assumeOffered(Feature.COORDINATION, Coordination.class);
    name = name("thing");
  }

  private Optional<Lease> acquire(String holder, Duration length) {
    return Stages.await(facet(Coordination.class).acquire(name, holder, length));
  }

  private void release(String holder) {
    Stages.await(facet(Coordination.class).release(name, holder));
  }

  private void heartbeat(String member, Duration length) {
    Stages.await(facet(Coordination.class).heartbeat(name, member, length));
  }

  private Set<String> members() {
    return Stages.await(facet(Coordination.class).members(name));
  }

  private boolean swap(Optional<String> expected, String value) {
    return Stages.await(
        facet(Coordination.class)
            .compareAndSet(name, expected.map(CoordinationContract::bytes), bytes(value)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void leaseHasOneHolder() {
    Lease lease = acquire("one", ticks(100)).orElseThrow();
    assertEquals("one", lease.holder());
    assertTrue(acquire("two", ticks(100)).isEmpty());
    var elsewhere = openAnother().facet(Coordination.class).orElseThrow();
    assertTrue(Stages.await(elsewhere.acquire(name, "three", ticks(100))).isEmpty());
  }

  @Test
  void renewingKeepsTheToken() {
    Lease lease = acquire("one", ticks(4)).orElseThrow();
    for (int i = 0; i < 4; i++) {
      advance(ticks(2));
      assertEquals(Optional.of(lease), acquire("one", ticks(4)));
    }
    assertTrue(acquire("two", ticks(4)).isEmpty());
  }

  @Test
  void leaseThatRanOutPassesOnWithAHigherToken() {
    Lease first = acquire("one", ticks(2)).orElseThrow();
    advance(ticks(3));
    Lease second = acquire("two", ticks(100)).orElseThrow();
    assertRises(first.token(), second.token());
    assertTrue(acquire("one", ticks(2)).isEmpty());
  }

  @Test
  void releasedLeasePassesOnAtOnceWithAHigherToken() {
    Lease first = acquire("one", ticks(100)).orElseThrow();
    release("one");
    Lease second = acquire("two", ticks(100)).orElseThrow();
    assertRises(first.token(), second.token());
    release("two");
    Lease third = acquire("one", ticks(100)).orElseThrow();
    assertRises(second.token(), third.token());
  }

  @Test
  void onlyTheHolderCanRelease() {
    assertTrue(acquire("one", ticks(100)).isPresent());
    release("two");
    assertTrue(acquire("two", ticks(100)).isEmpty());
  }

  @Test
  void oneOfManyWins() {
    var stages =
        IntStream.range(0, 20)
            .parallel()
            .mapToObj(i -> facet(Coordination.class).acquire(name, "h" + i, ticks(100)))
            .toList();
    assertEquals(1, stages.stream().map(Stages::await).filter(Optional::isPresent).count());
  }

  @Test
  void membersAreThoseWithALiveHeartbeat() {
    assertEquals(Set.of(), members());
    heartbeat("one", ticks(3));
    heartbeat("two", ticks(100));
    assertEquals(Set.of("one", "two"), members());
    advance(ticks(4));
    assertEquals(Set.of("two"), members());
    heartbeat("one", ticks(100));
    assertEquals(Set.of("one", "two"), members());
  }

  @Test
  void groupsOfMembersAreSeparate() {
    heartbeat("one", ticks(100));
    assertEquals(Set.of(), Stages.await(facet(Coordination.class).members(name("other"))));
  }

  @Test
  void valueIsSetOnlyWhereItIsAsExpected() {
    assertTrue(Stages.await(facet(Coordination.class).get(name)).isEmpty());
    assertFalse(swap(Optional.of("x"), "a"));
    assertTrue(swap(Optional.empty(), "a"));
    assertFalse(swap(Optional.empty(), "b"));
    assertFalse(swap(Optional.of("x"), "b"));
    assertTrue(swap(Optional.of("a"), "b"));
    assertArrayEquals(bytes("b"), Stages.await(facet(Coordination.class).get(name)).orElseThrow());
  }

  @Test
  void valuesAreBytes() {
    byte[] value = {0, -1, 13, 10, 127, -128};
    var coordination = facet(Coordination.class);
    assertTrue(Stages.await(coordination.compareAndSet(name, Optional.empty(), value)));
    assertArrayEquals(value, Stages.await(coordination.get(name)).orElseThrow());
    assertTrue(Stages.await(coordination.compareAndSet(name, Optional.of(value), new byte[0])));
    assertArrayEquals(new byte[0], Stages.await(coordination.get(name)).orElseThrow());
  }

  @Test
  void serverClockGoesOn() {
    assumeOffered(Feature.SERVER_CLOCK, ServerClock.class);
    Instant before = now();
    advance(ticks(2));
    Duration passed = Duration.between(before, now());
    assertTrue(passed.compareTo(ticks(2)) >= 0, () -> "passed " + passed);
  }
}
