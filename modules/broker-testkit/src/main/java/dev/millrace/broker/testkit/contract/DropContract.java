package dev.millrace.broker.testkit.contract;

import static dev.millrace.broker.testkit.contract.TrimLimits.drop;
import static dev.millrace.broker.testkit.contract.TrimLimits.keep;
import static dev.millrace.broker.testkit.contract.TrimLimits.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.api.spi.Trimming.Report;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trimming that does not spare what groups still need: every loss is counted and told. */
public abstract class DropContract extends BackendContract {
  /** For subclasses. */
  protected DropContract() {}

  @BeforeEach
  void needsTrimming() {
    assumeOffered(Feature.TRIMMING, Trimming.class);
  }

  private Report trim(Limits limits) {
    return Stages.await(facet(Trimming.class).trim(stream, limits, false));
  }

  private Report dryRun(Limits limits) {
    return Stages.await(facet(Trimming.class).trim(stream, limits, true));
  }

  private List<Drop> drops(int most) {
    return Stages.await(facet(Trimming.class).drops(stream, most));
  }

  private void declare(String... groups) {
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of(groups))));
  }

  /** Reads so many and acknowledges those with these numbers. */
  private TestReader read(int count, int... acknowledged) {
    TestReader reader = reader(count);
    reader.await(count);
    for (int number : acknowledged) {
      assertEquals(Settled.DONE, reader.ack(reader.nth(number)));
    }
    return reader;
  }

  @Test
  void eachGroupsLossesAreCountedPendingAndUnreadOnes() {
    declare("workers", "audit", "slow");
    append(stream, entries(10));
    read(6, 1, 2, 4);
    TestReader audit = reader().in("audit").open().request(10);
    audit.await(10);
    audit.ackAll();
    Report report = trim(drop(3));
    assertEquals(7, report.removed());
    assertEquals(Map.of("workers", 4L, "slow", 7L), report.dropped());
  }

  @Test
  void everySliceCountsItsOwn() {
    declareGroup();
    append(stream, entries(10));
    read(4, 2);
    Limits limits = with(drop(2), Set.of(), false, 3);
    assertEquals(Map.of("workers", 2L), trim(limits).dropped());
    assertEquals(Map.of("workers", 3L), trim(limits).dropped());
    assertEquals(Map.of("workers", 2L), trim(limits).dropped());
    assertEquals(Map.of(), trim(limits).dropped());
  }

  @Test
  void dryRunTellsWhatWouldBeDroppedAndDropsNothing() {
    declareGroup();
    append(stream, entries(6));
    TestReader reader = read(3, 1);
    Report told = dryRun(drop(1));
    assertEquals(Map.of("workers", 4L), told.dropped());
    assertEquals(2, describeGroup().pending());
    assertEquals(List.of(), drops(10));
    assertEquals(told, trim(drop(1)));
    assertEquals(Settled.STALE, reader.ack(reader.nth(2)));
  }

  @Test
  void nothingIsDroppedOfWhatAllAreDoneWith() {
    declareGroup();
    append(stream, entries(4));
    read(4, 1, 2, 3, 4);
    Report report = trim(drop(0));
    assertEquals(4, report.removed());
    assertEquals(Map.of(), report.dropped());
    assertEquals(List.of(), drops(10));
  }

  @Test
  void trimmingThatSparesTheUnreadDropsNothing() {
    declareGroup();
    append(stream, entries(4));
    read(3, 1, 2);
    Report report = trim(keep(0));
    assertEquals(2, report.removed());
    assertEquals(Map.of(), report.dropped());
    assertEquals(List.of(), drops(10));
  }

  @Test
  void groupThatIsDeclaredAndNotThereLosesEverything() {
    declareGroup();
    append(stream, entries(4));
    read(4, 1, 2, 3, 4);
    Report report = trim(with(drop(1), Set.of("workers", "later"), false, 1_000));
    assertEquals(Map.of("later", 3L), report.dropped());
    assertEquals(List.of("later"), drops(10).stream().map(Drop::group).toList());
  }

  @Test
  void droppedEntriesAreNotPendingAndNeverComeBack() {
    append(stream, entries(4));
    TestReader crashed = reader().lease(ticks(8)).open().request(3);
    crashed.await(3);
    crashed.stopReading();
    assertEquals(Map.of("workers", 2L), trim(drop(2)).dropped());
    assertEquals(1, describeGroup().pending());
    TestReader heir = reader().on(openAnother()).lease(ticks(600)).open().request(5);
    advance(ticks(20));
    heir.await(2);
    heir.staysAt(2);
    assertEquals(Set.of("e3", "e4"), Set.copyOf(heir.ids()));
    assertEquals(List.of(), heir.sink.failures());
    assertEquals(List.of(), crashed.sink.failures());
    assertTrue(heir.sink.recreations().isEmpty());
  }

  @Test
  void readersGoOnBehindWhatWasDropped() {
    declareGroup();
    append(stream, entries(5));
    trim(drop(0));
    append(entry("e6"));
    assertEquals("e6", TestReader.id(reader(5).nth(1)));
  }

  @Test
  void parkedEntriesAreNotDropped() {
    assumeTrue(has(Feature.PARKING));
    append(stream, entries(2));
    TestReader reader = reader(5);
    reader.await(2);
    reader.release(reader.nth(1), ticks(600));
    assertEquals(Map.of("workers", 1L), trim(drop(0)).dropped());
    assertEquals(1, describeGroup().parked());
  }

  @Test
  void dropsAreListedNewestFirst() {
    declareGroup();
    List<Position> places = append(stream, entries(10));
    Instant before = now();
    trim(drop(8));
    read(2, 1);
    trim(drop(4));
    List<Drop> all = drops(10);
    assertEquals(2, all.size(), all::toString);
    assertDrop(3, places.get(3), places.get(5), all.getFirst());
    assertDrop(2, places.get(0), places.get(1), all.getLast());
    assertEquals(List.of(all.getFirst()), drops(1));
    for (Drop each : all) {
      assertFalse(each.at().isBefore(before.minusMillis(1)), each::toString);
      assertFalse(each.at().isAfter(now().plusMillis(1)), each::toString);
    }
  }

  private static void assertDrop(int messages, Position first, Position last, Drop told) {
    assertEquals("workers", told.group());
    assertEquals(messages, told.messages());
    assertEquals(first.value(), told.first());
    assertEquals(last.value(), told.last());
  }

  @Test
  void eachGroupHasLinesOfItsOwn() {
    declare("workers", "audit");
    List<Position> places = append(stream, entries(3));
    read(3, 1);
    trim(drop(0));
    List<Drop> all = drops(10).stream().sorted(Comparator.comparing(Drop::group)).toList();
    assertEquals(List.of("audit", "workers"), all.stream().map(Drop::group).toList());
    assertEquals(3, all.getFirst().messages());
    assertEquals(places.get(2).value(), all.getFirst().last());
    assertEquals(2, all.getLast().messages());
    assertEquals(places.get(1).value(), all.getLast().first());
  }

  @Test
  void aboutAThousandDropsAreKept() {
    declareGroup();
    List<Position> places = append(stream, entries(1_150));
    Limits one = with(drop(0), Set.of(), false, 1);
    for (int i = 0; i < 1_150; i++) {
      assertEquals(1, trim(one).removed());
    }
    List<Drop> all = drops(10_000);
    assertTrue(all.size() >= 1_000 && all.size() <= 1_110, () -> "kept " + all.size());
    assertEquals(places.getLast().value(), all.getFirst().last());
    assertEquals(3, drops(3).size());
  }

  @Test
  void dropsGoWithTheStream() {
    declareGroup();
    append(stream, entries(3));
    trim(drop(0));
    assertEquals(1, drops(10).size());
    Stages.await(backend.log().delete(stream));
    assertEquals(List.of(), drops(10));
    append(stream, entries(1));
    assertEquals(List.of(), drops(10));
  }
}
