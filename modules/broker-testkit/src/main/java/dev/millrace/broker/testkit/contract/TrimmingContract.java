package dev.millrace.broker.testkit.contract;

import static dev.millrace.broker.testkit.contract.TrimLimits.at;
import static dev.millrace.broker.testkit.contract.TrimLimits.keep;
import static dev.millrace.broker.testkit.contract.TrimLimits.with;
import static dev.millrace.broker.testkit.contract.TrimLimits.withFloors;
import static dev.millrace.broker.testkit.contract.TrimLimits.younger;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.api.spi.Trimming.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trimming: what goes, and above all what stays. */
public abstract class TrimmingContract extends BackendContract {
  /** For subclasses. */
  protected TrimmingContract() {}

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

  /** Reads and acknowledges this many entries of the group. */
  private TestReader handle(int count) {
    TestReader reader = reader(count);
    reader.await(count);
    reader.ackAll();
    return reader;
  }

  @Test
  void acknowledgedEntriesBeyondTheMaximumGo() {
    List<Position> positions = append(stream, entries(10));
    handle(10);
    Report report = trim(keep(4));
    assertEquals(6, report.removed());
    assertEquals(4, report.length());
    assertFalse(report.more());
    assertEquals(Optional.empty(), report.pinnedBy());
    assertEquals(Optional.of(positions.get(6)), describe().first());
  }

  @Test
  void nothingGoesWithinTheMaximum() {
    append(stream, entries(3));
    handle(3);
    assertEquals(0, trim(keep(3)).removed());
    assertContains(stream, 3);
  }

  @Test
  void unreadEntriesStay() {
    declareGroup();
    append(stream, entries(10));
    handle(4);
    Report report = trim(keep(0));
    assertEquals(4, report.removed());
    assertEquals(Optional.of("workers"), report.pinnedBy());
    reader(10).await(6);
  }

  @Test
  void pendingEntryStaysWithAllThatFollow() {
    append(stream, entries(6));
    TestReader reader = reader(6);
    reader.await(6);
    for (int number : new int[] {1, 2, 4, 5, 6}) {
      reader.ack(reader.nth(number));
    }
    Report report = trim(keep(0));
    assertEquals(2, report.removed());
    assertEquals(Optional.of("workers"), report.pinnedBy());
    reader.ack(reader.nth(3));
    assertEquals(4, trim(keep(0)).removed());
    assertContains(stream, 0);
  }

  @Test
  void slowestGroupProtects() {
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of("workers", "audit"))));
    append(stream, entries(5));
    handle(5);
    Report report = trim(keep(0));
    assertEquals(0, report.removed());
    assertEquals(Optional.of("audit"), report.pinnedBy());
    TestReader audit = reader().in("audit").open().request(5);
    audit.await(5);
    audit.ackAll();
    assertEquals(5, trim(keep(0)).removed());
  }

  @Test
  void declaredGroupProtectsBeforeItExists() {
    append(stream, entries(5));
    handle(5);
    Report report = trim(with(keep(0), Set.of("workers", "reporting"), true, 1_000));
    assertEquals(0, report.removed());
    assertEquals(Optional.of("reporting"), report.pinnedBy());
    reader().in("reporting").open().request(5).await(5);
  }

  @Test
  void streamWithoutGroupsIsTrimmedByItsBoundsAlone() {
    append(stream, entries(5));
    assertEquals(3, trim(keep(2)).removed());
    assertContains(stream, 2);
  }

  @Test
  void policyThatDropsDoesNotSpareTheUnread() {
    declareGroup();
    append(stream, entries(10));
    handle(2);
    assertEquals(7, trim(with(keep(3), Set.of("workers"), false, 1_000)).removed());
    TestReader reader = reader(10);
    reader.await(3);
    assertEquals(ids(8, 10), reader.ids());
  }

  @Test
  void newestAreKeptWhateverTheMaximum() {
    append(stream, entries(10));
    handle(10);
    trim(withFloors(keep(2), 6, Duration.ZERO));
    assertContains(stream, 6);
  }

  @Test
  void youngAreKeptWhateverTheMaximum() {
    append(stream, entries(4));
    handle(4);
    advance(ticks(10));
    append(stream, entries(3));
    handle(3);
    assertEquals(4, trim(withFloors(keep(0), 0, ticks(8))).removed());
    assertContains(stream, 3);
  }

  @Test
  void entriesBeyondTheirAgeGo() {
    append(stream, entries(4));
    handle(4);
    advance(ticks(10));
    append(stream, entries(2));
    handle(2);
    assertEquals(4, trim(younger(ticks(8))).removed());
    assertContains(stream, 2);
  }

  @Test
  void ageSparesTheUnread() {
    declareGroup();
    append(stream, entries(4));
    handle(1);
    advance(ticks(10));
    assertEquals(1, trim(younger(ticks(2))).removed());
    assertContains(stream, 3);
  }

  @Test
  void ageSparesTheNewest() {
    append(stream, entries(5));
    handle(5);
    advance(ticks(10));
    trim(withFloors(younger(ticks(2)), 3, Duration.ZERO));
    assertContains(stream, 3);
  }

  @Test
  void latestTimeBehindTheBackendsChangesNothing() {
    append(stream, entries(4));
    handle(4);
    advance(ticks(10));
    append(stream, entries(2));
    handle(2);
    Instant tomorrow = now().plus(Duration.ofDays(1));
    assertEquals(4, trim(at(tomorrow, younger(ticks(8)))).removed());
    assertContains(stream, 2);
  }

  @Test
  void clockThatRanAheadMakesNothingOldBeforeTheLatestTime() {
    append(stream, entries(4));
    handle(4);
    Instant before = now();
    advance(ticks(10));
    assertEquals(0, trim(at(before, younger(ticks(8)))).removed());
    assertEquals(0, trim(at(before, withFloors(keep(0), 0, ticks(8)))).removed());
    assertContains(stream, 4);
    assertEquals(4, trim(younger(ticks(8))).removed());
  }

  @Test
  void agesAreExactToTheMillisecond() {
    append(entry("e1"));
    handle(1);
    Instant added = first().at();
    advance(ticks(1));
    Duration age = ticks(1).dividedBy(2);
    Limits young = withFloors(keep(0), 0, age);
    assertEquals(0, trim(at(added.plus(age), younger(age))).removed(), "no older than that");
    assertEquals(0, trim(at(added.plus(age).minusMillis(1), young)).removed(), "younger than that");
    assertEquals(1, dryRun(at(added.plus(age), young)).removed(), "no younger than that");
    assertEquals(1, trim(at(added.plus(age).plusMillis(1), younger(age))).removed(), "older");
  }

  private Trimming.Mark first() {
    return Stages.await(facet(Trimming.class).inspect(stream, Set.of())).first().orElseThrow();
  }

  @Test
  void slicesAddUpToTheWhole() {
    append(stream, entries(500));
    Limits limits = with(keep(100), Set.of(), true, 100);
    long removed = 0;
    int slices = 0;
    Report report;
    do {
      report = trim(limits);
      removed += report.removed();
      slices++;
      // «About»: storage in blocks may take a block more.
      assertTrue(report.removed() <= 250, "removed at once: " + report.removed());
    } while (report.more() && slices < 50);
    assertEquals(400, removed);
    assertEquals(100, report.length());
    assertTrue(slices > 1);
  }

  @Test
  void dryRunTellsTheSameAndChangesNothing() {
    append(stream, entries(10));
    handle(6);
    Report told = dryRun(keep(2));
    assertEquals(6, told.removed());
    assertContains(stream, 10);
    Report done = trim(keep(2));
    assertEquals(told.removed(), done.removed());
    assertEquals(told.pinnedBy(), done.pinnedBy());
  }

  @Test
  void nothingIsPinnedByAGroupThatHasReadAll() {
    append(stream, entries(4));
    handle(4);
    assertEquals(Optional.empty(), trim(keep(1)).pinnedBy());
  }

  @Test
  void readersGoOnAfterTrimming() {
    append(stream, entries(10));
    TestReader reader = handle(10);
    trim(keep(0));
    append(entry("e11"));
    reader.request(1).await(11);
    assertTrue(reader.sink.recreations().isEmpty());
  }

  @Test
  void positionsRiseAgainAfterEverythingWent() {
    List<Position> before = append(stream, entries(3));
    handle(3);
    trim(keep(0));
    assertFalse(before.contains(append(entry("e4"))));
    assertEquals("e4", TestReader.id(reader(1).nth(1)));
  }

  @Test
  void absentStreamHasNothingToTrim() {
    Report report = trim(keep(0));
    assertEquals(0, report.removed());
    assertEquals(0, report.length());
    assertFalse(report.more());
  }
}
