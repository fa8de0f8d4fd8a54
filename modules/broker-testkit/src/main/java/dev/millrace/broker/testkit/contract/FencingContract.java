package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fencing tokens: each delivery of a message has a higher one than all before it. */
public abstract class FencingContract extends BackendContract {
  /** For subclasses. */
  protected FencingContract() {}

  @BeforeEach
  void needsFencing() {
    assumeTrue(has(Feature.FENCING), "no fencing tokens here");
    append(entry("e1"));
  }

  private TestReader member(int credit) {
    return reader().lease(ticks(8)).open().request(credit);
  }

  private static void assertFenced(Received earlier, Received later) {
    assertEquals(TestReader.id(earlier), TestReader.id(later));
    assertRises(earlier.fence().orElseThrow(), later.fence().orElseThrow());
  }

  @Test
  void tokenRisesWithARelease() {
    assumeTrue(has(Feature.RELEASE));
    TestReader reader = member(3);
    assertEquals(Settled.DONE, reader.release(reader.nth(1), Duration.ZERO));
    assertEquals(Settled.DONE, reader.release(reader.nth(2), Duration.ZERO));
    assertFenced(reader.nth(1), reader.nth(2));
    assertFenced(reader.nth(2), reader.nth(3));
  }

  @Test
  void tokenRisesWithADelayedRelease() {
    assumeTrue(has(Feature.DELAYED_RELEASE));
    TestReader reader = member(2);
    assertEquals(Settled.DONE, reader.release(reader.nth(1), ticks(2)));
    advance(ticks(4));
    assertFenced(reader.nth(1), reader.nth(2));
  }

  @Test
  void tokenRisesWithParking() {
    assumeTrue(has(Feature.PARKING));
    TestReader reader = member(3);
    assertEquals(Settled.DONE, reader.release(reader.nth(1), ticks(6)));
    advance(ticks(8));
    assertFenced(reader.nth(1), reader.nth(2));
    assertEquals(Settled.DONE, reader.release(reader.nth(2), Duration.ZERO));
    assertFenced(reader.nth(2), reader.nth(3));
  }

  @Test
  void tokenRisesWithRecovery() {
    assumeTrue(has(Feature.LEASES));
    Received held = member(1).nth(1);
    TestReader heir = reader().on(openAnother()).lease(ticks(8)).open().request(1);
    advance(ticks(9));
    assertFenced(held, heir.nth(1));
  }

  @Test
  void tokenRisesWhenALeavingReaderHandsBack() {
    TestReader leaver = member(1);
    Received held = leaver.nth(1);
    leaver.leave();
    assertFenced(held, reader().on(openAnother()).open().request(1).nth(1));
  }

  @Test
  void tokenRisesWhenTheGroupIsSetBack() {
    assumeTrue(has(Feature.HISTORY));
    TestReader reader = member(1);
    assertEquals(Settled.DONE, reader.ack(reader.nth(1)));
    Stages.await(facet(History.class).reset(group, StartPosition.beginning()));
    assertFenced(reader.nth(1), reader.request(1).nth(2));
  }

  @Test
  void tokenRisesWhenTheGroupIsMadeAgain() {
    TestReader reader = member(2);
    Received before = reader.nth(1);
    Stages.await(backend.log().delete(stream));
    append(entry("e1"));
    assertFenced(before, reader.nth(2));
  }

  @Test
  void tokenRisesWhenAnotherReaderMakesTheGroupAgain() {
    TestReader first = member(1);
    Received before = first.nth(1);
    first.leave();
    Stages.await(backend.log().delete(stream));
    append(entry("e1"));
    assertFenced(before, reader().on(openAnother()).open().request(1).nth(1));
  }
}
