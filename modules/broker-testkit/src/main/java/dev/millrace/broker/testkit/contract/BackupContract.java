package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Backups.Drained;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What does not fit goes to the backup, and from there to the stream, in order and once. */
public abstract class BackupContract extends BackendContract {
  private static final Duration LONG = Duration.ofHours(1);

  private String backup = "";

  /** For subclasses. */
  protected BackupContract() {}

  @BeforeEach
  void needsBackups() {
    backup = Names.backup(stream);
    if (!offers(Feature.BACKUP, Backups.class)) {
      Stages.assertGuardRefused(
          backend.log().append(stream, entries(1), AppendGuard.none().backup(backup)));
      assertNothingIn(stream);
      assertNothingIn(backup);
    }
    assumeTrue(has(Feature.BACKUP), "refused, as it is not declared");
  }

  private List<Appended> append(AppendGuard guard, List<Entry> entries) {
    List<Appended> results = Stages.await(backend.log().append(stream, entries, guard));
    assertEquals(entries.size(), results.size());
    return results;
  }

  private AppendGuard limit(long max) {
    return AppendGuard.none().backup(backup).maxBacklog(max);
  }

  /** Numbers of a line, with their ids looked at. */
  private static Dedup.InLine line(String name, long first) {
    return new Dedup.InLine(name, first, first - 1, LONG, Optional.of(LONG));
  }

  private static List<Entry> entries(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(i -> entry("e" + i)).toList();
  }

  private Drained drain(int max, long maxBacklog) {
    return Stages.await(facet(Backups.class).drain(stream, backup, max, maxBacklog));
  }

  private static void assertInTheStream(List<Appended> results) {
    for (Appended each : results) {
      assertFalse(assertInstanceOf(Appended.At.class, each).duplicate(), each::toString);
    }
  }

  private static void assertSpilled(List<Appended> results) {
    for (Appended each : results) {
      assertFalse(assertInstanceOf(Appended.Spilled.class, each).duplicate(), each::toString);
    }
  }

  private static void assertKnown(Appended result) {
    assertTrue(isDuplicate(result), result::toString);
  }

  private void assertLengths(int inStream, int inBackup) {
    assertContains(stream, inStream);
    assertContains(backup, inBackup);
  }

  @Test
  void streamTakesWhatThereIsRoomFor() {
    declareGroup();
    assertInTheStream(append(limit(5), entries(3)));
    assertInTheStream(append(AppendGuard.none().backup(backup), entries(4, 6)));
    assertLengths(6, 0);
  }

  @Test
  void backupTakesWhatComesToAFullStream() {
    declareGroup();
    append(stream, entries(3));
    List<Appended> results = append(limit(3), entries(4, 5));
    assertSpilled(results);
    assertEquals(
        Stages.await(backend.log().describe(backup)).last(),
        Optional.of(((Appended.Spilled) results.get(1)).position()));
    assertLengths(3, 2);
  }

  @Test
  void appendThatBeginsWithRoomGoesToTheStreamWhole() {
    declareGroup();
    append(stream, entries(2));
    assertInTheStream(append(limit(3), entries(3, 5)));
    assertSpilled(append(limit(3), entries(6, 7)));
    assertLengths(5, 2);
  }

  @Test
  void backupIsFollowedThoughTheLimitIsNotReached() {
    declareGroup();
    append(limit(10), entries(10));
    assertSpilled(append(limit(10), entries(11, 12)));
    TestReader reader = reader(1);
    reader.ack(reader.nth(1));
    // 9 of 10: less than the limit, and no room again.
    assertSpilled(append(limit(10), entries(13, 13)));
    assertLengths(10, 3);
  }

  @Test
  void streamTakesOverWhenTheBackupIsEmpty() {
    declareGroup();
    append(limit(10), entries(10));
    assertSpilled(append(limit(10), entries(11, 12)));
    TestReader reader = reader(100);
    reader.await(10);
    reader.ackAll();
    assertEquals(2, drain(10, 10).moved());
    assertInTheStream(append(limit(10), entries(13, 13)));
    reader.await(13);
    assertEquals(ids(1, 13), reader.ids());
    assertLengths(13, 0);
  }

  @Test
  void appendMovesMoreOutOfTheBackupThanItHas() {
    append(backup, entries(600));
    assertSpilled(append(limit(1_000), entries(601, 602)));
    int left = (int) Stages.await(backend.log().describe(backup)).length();
    assertTrue(left < 600, left + " are left");
    assertContains(stream, 602 - left);
  }

  @Test
  void appendsEmptyTheBackupWhileThereIsRoom() {
    declareGroup();
    append(backup, entries(20));
    for (int i = 21; i <= 41; i++) {
      append(limit(1_000), entries(i, i));
    }
    assertLengths(41, 0);
    TestReader reader = reader(100);
    reader.await(41);
    assertEquals(ids(1, 41), reader.ids());
  }

  @Test
  void withoutALimitThereIsRoom() {
    declareGroup();
    append(backup, entries(5));
    for (int i = 6; i <= 11; i++) {
      append(AppendGuard.none().backup(backup), entries(i, i));
    }
    assertLengths(11, 0);
    TestReader reader = reader(100);
    reader.await(11);
    assertEquals(ids(1, 11), reader.ids());
  }

  @Test
  void appendMovesNoMoreThanThereIsRoomFor() {
    declareGroup();
    append(stream, entries(8));
    append(backup, entries(9, 13));
    assertSpilled(append(limit(10), entries(14, 16)));
    assertLengths(9, 7);
  }

  @Test
  void spilledNumbersAreKnownThereAndAfterTheyWentOn() {
    declareGroup();
    append(limit(2).dedup(line("a", 1)), entries(2));
    assertSpilled(append(limit(2).dedup(line("a", 3)), entries(3, 4)));
    append(limit(2).dedup(line("a", 2)), entries(2, 4)).forEach(BackupContract::assertKnown);
    assertLengths(2, 2);
    assertEquals(2, drain(10, 1_000).moved());
    append(limit(2).dedup(line("a", 2)), entries(2, 4)).forEach(BackupContract::assertKnown);
    assertLengths(4, 0);
  }

  @Test
  void onlyWhatIsNewIsSpilled() {
    declareGroup();
    append(limit(2).dedup(line("a", 1)), entries(2));
    List<Appended> mixed = append(limit(2).dedup(line("a", 1)), entries(4));
    mixed.subList(0, 2).forEach(BackupContract::assertKnown);
    assertSpilled(mixed.subList(2, 4));
    assertLengths(2, 2);
  }

  @Test
  void spilledIdIsKnownToOtherLinesThereAndAfterItWentOn() {
    append(stream, entries(1));
    declareGroup();
    assertSpilled(append(limit(1).dedup(line("a", 1)), entries(2, 2)));
    assertKnown(append(limit(1).dedup(line("b", 1)), entries(2, 2)).getFirst());
    drain(10, 100);
    assertKnown(append(limit(1).dedup(line("c", 1)), entries(2, 2)).getFirst());
    assertLengths(2, 0);
  }

  @Test
  void whatIsOutOfLineIsInNeitherPlace() {
    declareGroup();
    append(stream, entries(2));
    assertEquals(
        List.of(new Appended.OutOfLine(0)), append(limit(2).dedup(line("a", 5)), entries(5, 5)));
    append(limit(2).dedup(line("a", 1)), entries(3, 4));
    assertEquals(2, Stages.await(facet(Backups.class).seal(stream, "a", LONG)));
    assertEquals(
        List.of(new Appended.OutOfLine(2)), append(limit(2).dedup(line("a", 3)), entries(5, 5)));
    assertLengths(2, 2);
  }

  @Test
  void streamIsNoBackupOfItself() {
    Stages.failure(backend.log().append(stream, entries(1), AppendGuard.none().backup(stream)));
    Stages.failure(facet(Backups.class).drain(stream, stream, 1, 1));
    assertNothingIn(stream);
  }

  @Test
  void drainMovesTheOldestFirstAndTellsWhatIsLeft() {
    declareGroup();
    append(backup, entries(5));
    Drained first = drain(2, 100);
    assertEquals(2, first.moved());
    assertEquals(3, first.left());
    assertEquals(2, first.backlog());
    assertTrue(first.age().isPresent());
    assertEquals(new Drained(3, 0, Optional.empty(), 5), drain(10, 100));
    TestReader reader = reader(10);
    reader.await(5);
    assertEquals(ids(1, 5), reader.ids());
    assertLengths(5, 0);
  }

  @Test
  void drainedEntryIsWhole() {
    var whole =
        new Entry(
            "id-1",
            "TYPE",
            "key",
            Map.of("h", "größe"),
            Fields.of("b", new byte[] {0, -1, 13, 10}));
    append(backup, List.of(whole));
    drain(1, 100);
    assertEquals(whole, reader(1).nth(1).entry());
  }

  @Test
  void spilledEntryIsWhole() {
    declareGroup();
    append(stream, entries(1));
    var whole = new Entry("id-1", "TYPE", "key", Map.of("h", "größe"), Fields.of("a", "b"));
    assertSpilled(append(limit(1), List.of(whole)));
    drain(1, 100);
    assertEquals(whole, reader(2).nth(2).entry());
  }

  @Test
  void drainLeavesTheBacklogAtTheRoomAndNeverAbove() {
    declareGroup();
    append(stream, entries(4));
    append(backup, entries(5, 24));
    Drained first = drain(100, 10);
    assertEquals(5, first.moved());
    assertEquals(9, first.backlog());
    assertEquals(15, first.left());
    assertEquals(0, drain(100, 10).moved());
    assertLengths(9, 15);
  }

  @Test
  void streamOfTheSmallestLimitIsDrainedOneByOne() {
    declareGroup();
    append(backup, entries(3));
    assertEquals(1, drain(100, 1).moved());
    assertEquals(0, drain(100, 1).moved());
    TestReader reader = reader(10);
    reader.ack(reader.nth(1));
    assertEquals(1, drain(100, 1).moved());
    assertLengths(2, 1);
  }

  @Test
  void drainOfNoneOnlyTells() {
    declareGroup();
    append(stream, entries(2));
    append(backup, entries(3, 5));
    Drained told = drain(0, 100);
    assertEquals(0, told.moved());
    assertEquals(3, told.left());
    assertEquals(2, told.backlog());
    assertTrue(told.age().isPresent());
    assertLengths(2, 3);
  }

  @Test
  void drainTellsTheAgeOfTheOldest() {
    append(backup, entries(1));
    advance(ticks(5));
    append(backup, entries(2, 2));
    Duration oldest = drain(0, 100).age().orElseThrow();
    assertTrue(oldest.compareTo(ticks(5).minusMillis(1)) >= 0, oldest::toString);
    Duration next = drain(1, 100).age().orElseThrow();
    assertTrue(next.compareTo(oldest) < 0, () -> next + " after " + oldest);
  }

  @Test
  void drainOfNothingMovesNothing() {
    assertEquals(new Drained(0, 0, Optional.empty(), 0), drain(10, 10));
    declareGroup();
    append(stream, entries(2));
    assertEquals(new Drained(0, 0, Optional.empty(), 2), drain(10, 10));
    assertLengths(2, 0);
  }

  @Test
  void drainedEntriesWakeAReaderThatWaits() {
    TestReader reader = reader(5);
    append(entry("first"));
    reader.await(1);
    append(backup, entries(2));
    drain(10, 100);
    assertEquals("e2", TestReader.id(reader.nth(3)));
  }

  @Test
  void entryMovedByAnAppendWakesAReaderThatWaits() {
    TestReader reader = reader(5);
    append(entry("first"));
    reader.await(1);
    append(backup, entries(3));
    append(limit(100), entries(4, 4));
    assertEquals("e2", TestReader.id(reader.nth(3)));
  }

  @Test
  void groupThatIsFurthestBehindIsTheBacklog() {
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of("workers", "audit"))));
    append(stream, entries(3));
    TestReader workers = reader(3);
    TestReader audit = reader().in("audit").open().request(3);
    workers.await(3);
    audit.await(3);
    assertEquals(3, drain(0, 100).backlog());
    workers.ack(workers.nth(1));
    audit.ack(audit.nth(2));
    // Each has two to go, though only the third is done by neither.
    assertEquals(2, drain(0, 100).backlog());
    workers.ack(workers.nth(2));
    workers.ack(workers.nth(3));
    assertEquals(2, drain(0, 100).backlog());
  }

  @Test
  void whatIsPendingAndWhatIsUnreadAreTheBacklog() {
    declareGroup();
    append(stream, entries(5));
    TestReader reader = reader(2);
    reader.await(2);
    assertEquals(5, drain(0, 100).backlog());
    reader.ackAll();
    assertEquals(3, drain(0, 100).backlog());
  }

  @Test
  void parkedEntriesAreNoBacklog() {
    if (!has(Feature.PARKING)) {
      return;
    }
    declareGroup();
    append(stream, entries(3));
    TestReader reader = reader().lease(ticks(4)).open().request(1);
    reader.release(reader.nth(1), ticks(100));
    awaitUntil("it is parked", () -> describeGroup().parked() == 1);
    assertEquals(2, drain(0, 100).backlog());
  }

  @Test
  void streamWithoutGroupsHasNoBacklog() {
    append(stream, entries(5));
    append(backup, entries(6, 9));
    assertEquals(new Drained(4, 0, Optional.empty(), 0), drain(10, 1));
    assertInTheStream(append(limit(1), entries(10, 11)));
    assertLengths(11, 0);
  }

  @Test
  void deletedStreamLeavesItsBackup() {
    declareGroup();
    append(limit(1), entries(1));
    append(limit(1), entries(2, 3));
    Stages.await(backend.log().delete(stream));
    assertLengths(0, 2);
    declareGroup();
    assertEquals(2, drain(10, 100).moved());
    TestReader reader = reader(5);
    reader.await(2);
    assertEquals(ids(2, 3), reader.ids());
  }
}
