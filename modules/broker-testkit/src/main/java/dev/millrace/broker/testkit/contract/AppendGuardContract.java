package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamSpec;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Conditions of an append: each id once, and no more than a backlog. */
public abstract class AppendGuardContract extends BackendContract {
  private static final AppendGuard ONCE =
      AppendGuard.none().dedup(new Dedup.ById(Duration.ofHours(1)));

  /** For subclasses. */
  protected AppendGuardContract() {}

  private List<Appended> append(AppendGuard guard, Entry... entries) {
    return Stages.await(backend.log().append(stream, List.of(entries), guard));
  }

  private static AppendGuard backlog(long max) {
    return AppendGuard.none().maxBacklog(max);
  }

  /** Whether deduplication may be tested; where it is not declared it has to be refused. */
  private boolean deduplicates() {
    if (!has(Feature.IDEMPOTENT_APPEND)) {
      Stages.assertGuardRefused(backend.log().append(stream, List.of(entry("e1")), ONCE));
      assertNothingIn(stream);
    }
    return has(Feature.IDEMPOTENT_APPEND);
  }

  private boolean guards() {
    if (!has(Feature.GUARDED_APPEND)) {
      Stages.assertGuardRefused(backend.log().append(stream, List.of(entry("e1")), backlog(5)));
      assertNothingIn(stream);
    }
    return has(Feature.GUARDED_APPEND);
  }

  @Test
  void idIsStoredOnceAndFoundAgain() {
    if (!deduplicates()) {
      return;
    }
    var first = assertInstanceOf(Appended.At.class, append(ONCE, entry("e1")).getFirst());
    var second = assertInstanceOf(Appended.At.class, append(ONCE, entry("e1")).getFirst());
    assertFalse(first.duplicate());
    assertTrue(second.duplicate());
    assertEquals(first.position(), second.position());
    assertContains(stream, 1);
  }

  @Test
  void repeatedBatchAddsOnlyWhatIsNew() {
    if (!deduplicates()) {
      return;
    }
    List<Appended> first = append(ONCE, entry("e1"), entry("e2"));
    List<Appended> second = append(ONCE, entry("e1"), entry("e2"), entry("e3"));
    assertEquals(
        first.stream().map(BackendContract::position).toList(),
        second.subList(0, 2).stream().map(BackendContract::position).toList());
    assertContains(stream, 3);
  }

  @Test
  void idThatComesTwiceInOneBatchIsStoredOnce() {
    if (!deduplicates()) {
      return;
    }
    List<Appended> results = append(ONCE, entry("e1"), entry("e1"));
    assertEquals(position(results.get(0)), position(results.get(1)));
    assertContains(stream, 1);
  }

  @Test
  void idIsRememberedForAllInstances() {
    if (!deduplicates()) {
      return;
    }
    append(ONCE, entry("e1"));
    List<Appended> again =
        Stages.await(openAnother().log().append(stream, List.of(entry("e1")), ONCE));
    assertTrue(assertInstanceOf(Appended.At.class, again.getFirst()).duplicate());
    assertContains(stream, 1);
  }

  @Test
  void idIsRememberedAfterItWasHandled() {
    if (!deduplicates()) {
      return;
    }
    append(ONCE, entry("e1"));
    TestReader reader = reader(2);
    reader.await(1);
    reader.ackAll();
    append(ONCE, entry("e1"));
    reader.staysAt(1);
  }

  @Test
  void streamsRememberTheirOwnIds() {
    if (!deduplicates()) {
      return;
    }
    append(ONCE, entry("e1"));
    String other = name("other");
    List<Appended> there = Stages.await(backend.log().append(other, List.of(entry("e1")), ONCE));
    assertFalse(assertInstanceOf(Appended.At.class, there.getFirst()).duplicate());
    assertContains(other, 1);
  }

  @Test
  void sameIdFromManyThreadsIsStoredOnce() {
    if (!deduplicates()) {
      return;
    }
    var stages =
        IntStream.range(0, 50)
            .parallel()
            .mapToObj(i -> backend.log().append(stream, List.of(entry("e1")), ONCE))
            .toList();
    var positions = stages.stream().map(s -> position(Stages.await(s).getFirst())).toList();
    assertEquals(1, Set.copyOf(positions).size());
    assertContains(stream, 1);
  }

  @Test
  void idIsForgottenAfterItsWindow() {
    if (!deduplicates()) {
      return;
    }
    AppendGuard shortly = AppendGuard.none().dedup(new Dedup.ById(ticks(2)));
    append(shortly, entry("e1"));
    advance(ticks(3));
    var again = assertInstanceOf(Appended.At.class, append(shortly, entry("e1")).getFirst());
    assertFalse(again.duplicate());
    assertContains(stream, 2);
  }

  @Test
  void longerWindowOfOneIdOutlivesShorterOnesOfOthers() {
    if (!deduplicates()) {
      return;
    }
    AppendGuard shortly = AppendGuard.none().dedup(new Dedup.ById(ticks(2)));
    append(ONCE, entry("e1"));
    append(shortly, entry("e2"));
    advance(ticks(3));
    assertTrue(
        assertInstanceOf(Appended.At.class, append(ONCE, entry("e1")).getFirst()).duplicate());
  }

  @Test
  void deletedStreamHasForgottenItsIds() {
    if (!deduplicates()) {
      return;
    }
    append(ONCE, entry("e1"));
    Stages.await(backend.log().delete(stream));
    append(ONCE, entry("e1"));
    assertContains(stream, 1);
    append(ONCE, entry("e1"));
    assertContains(stream, 1);
  }

  @Test
  void appendIsRefusedWhenTheBacklogIsFull() {
    if (!guards()) {
      return;
    }
    declareGroup();
    append(stream, entries(3));
    var full = assertInstanceOf(Appended.Full.class, append(backlog(3), entry("e4")).getFirst());
    assertEquals(3, full.backlog());
    assertContains(stream, 3);
  }

  @Test
  void appendFillsTheBacklogAndNoMore() {
    if (!guards()) {
      return;
    }
    declareGroup();
    List<Appended> results = append(backlog(3), entries(5).toArray(Entry[]::new));
    assertEquals(5, results.size());
    results.subList(0, 3).forEach(BackendContract::position);
    results.subList(3, 5).forEach(each -> assertInstanceOf(Appended.Full.class, each));
    assertContains(stream, 3);
  }

  @Test
  void acknowledgingMakesRoom() {
    if (!guards()) {
      return;
    }
    declareGroup();
    append(stream, entries(2));
    TestReader reader = reader(2);
    reader.await(2);
    assertInstanceOf(Appended.Full.class, append(backlog(2), entry("e3")).getFirst());
    reader.ack(reader.nth(1));
    assertInstanceOf(Appended.At.class, append(backlog(2), entry("e3")).getFirst());
  }

  @Test
  void slowestGroupDecides() {
    if (!guards()) {
      return;
    }
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of("workers", "audit"))));
    append(stream, entries(2));
    TestReader fast = reader(2);
    fast.await(2);
    fast.ackAll();
    assertInstanceOf(Appended.Full.class, append(backlog(2), entry("e3")).getFirst());
    TestReader slow = reader().in("audit").open().request(2);
    slow.await(2);
    slow.ackAll();
    assertInstanceOf(Appended.At.class, append(backlog(2), entry("e3")).getFirst());
  }

  @Test
  void duplicateOfAFullStreamIsStillFound() {
    if (!guards() || !deduplicates()) {
      return;
    }
    declareGroup();
    var both = ONCE.maxBacklog(1);
    append(both, entry("e1"));
    var again = assertInstanceOf(Appended.At.class, append(both, entry("e1")).getFirst());
    assertTrue(again.duplicate());
    assertInstanceOf(Appended.Full.class, append(both, entry("e2")).getFirst());
  }
}
