package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a reader is told of an entry's past: a note, and whether its last reader died with it. */
public abstract class NotesContract extends BackendContract {
  /** For subclasses. */
  protected NotesContract() {}

  @BeforeEach
  void needsNotes() {
    assumeTrue(has(Feature.NOTES), "no notes here");
    assertTrue(has(Feature.RELEASE) && has(Feature.LEASES), "notes need releases and leases");
  }

  private TestReader member(int credit) {
    return reader().lease(ticks(8)).open().request(credit);
  }

  private TestReader heir(int credit) {
    return reader().on(openAnother()).lease(ticks(8)).open().request(credit);
  }

  private void letLeaseRunOut() {
    advance(ticks(9));
  }

  private boolean leaveNote(Received held, String text) {
    return Stages.await(facet(Leases.class).note(group, held, text));
  }

  private static Settlement.Release release(Received held, Duration after, String text) {
    return new Settlement.Release(held, after, Optional.of(text));
  }

  private static void assertPast(boolean recovered, String note, Received received) {
    assertEquals(
        new Received.Past(recovered, Optional.of(note)), received.past(), "the past of an entry");
  }

  @Test
  void firstDeliveryHasNoPast() {
    append(entry("e1"));
    assertEquals(Received.Past.none(), reader(1).nth(1).past());
  }

  @Test
  void noteOfAReleaseIsToldToTheNextReader() {
    append(entry("e1"));
    TestReader reader = reader(1);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, "one")));
    reader.stopReading();
    assertPast(false, "one", heir(1).nth(1));
  }

  @Test
  void noteOfADelayedReleaseIsToldToo() {
    assumeTrue(has(Feature.DELAYED_RELEASE));
    append(entry("e1"));
    TestReader reader = reader(2);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), ticks(2), "waited")));
    advance(ticks(4));
    assertPast(false, "waited", reader.nth(2));
  }

  @Test
  void releaseWithoutANoteKeepsTheOneItCameWith() {
    append(entry("e1"));
    TestReader reader = reader(3);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, "kept")));
    assertEquals(Settled.DONE, reader.release(reader.nth(2), Duration.ZERO));
    assertPast(false, "kept", reader.nth(3));
  }

  @Test
  void newNoteReplacesTheOld() {
    append(entry("e1"));
    TestReader reader = reader(3);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, "old")));
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(2), Duration.ZERO, "new")));
    assertPast(false, "new", reader.nth(3));
  }

  @Test
  void emptyTextTakesTheNoteAway() {
    append(entry("e1"));
    TestReader reader = reader(3);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, "gone soon")));
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(2), Duration.ZERO, "")));
    assertEquals(Received.Past.none(), reader.nth(3).past());
  }

  @Test
  void longestNoteSurvivesWithAllItsCharacters() {
    String text = "\u00e4\"{}\n| ".repeat(200).substring(0, Settlement.Release.NOTE_LENGTH);
    append(entry("e1"));
    TestReader reader = reader(2);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, text)));
    assertPast(false, text, reader.nth(2));
  }

  @Test
  void staleReleaseWritesNoNote() {
    append(entry("e1"));
    TestReader reader = reader(3);
    Received first = reader.nth(1);
    assertEquals(Settled.DONE, reader.settle(release(first, Duration.ZERO, "right")));
    Received second = reader.nth(2);
    assertEquals(Settled.STALE, reader.settle(release(first, Duration.ZERO, "wrong")));
    assertEquals(Settled.DONE, reader.release(second, Duration.ZERO));
    assertPast(false, "right", reader.nth(3));
  }

  @Test
  void entryOfAReaderThatStoppedRenewingIsRecovered() {
    append(entry("e1"));
    member(1).await(1);
    TestReader heir = heir(1);
    letLeaseRunOut();
    assertEquals(new Received.Past(true, Optional.empty()), heir.nth(1).past());
  }

  @Test
  void noteLeftWithAHeldEntryIsToldAfterItsReaderDied() {
    append(entry("e1"));
    Received held = member(1).nth(1);
    assertTrue(leaveNote(held, "alone"));
    TestReader heir = heir(1);
    letLeaseRunOut();
    assertPast(true, "alone", heir.nth(1));
  }

  @Test
  void noteLeftWithAHeldEntryIsToldAfterItsReaderLeft() {
    append(entry("e1"));
    TestReader leaver = reader(1);
    assertTrue(leaveNote(leaver.nth(1), "half done"));
    leaver.leave();
    assertPast(false, "half done", heir(1).nth(1));
  }

  @Test
  void entryHandedBackByLeavingIsNotRecovered() {
    append(entry("e1"));
    TestReader leaver = reader(1);
    leaver.nth(1);
    leaver.leave();
    assertEquals(Received.Past.none(), heir(1).nth(1).past());
  }

  @Test
  void noteOfTheReleaseCountsAndNotTheOneLeftBefore() {
    append(entry("e1"));
    TestReader reader = reader(2);
    Received held = reader.nth(1);
    assertTrue(leaveNote(held, "early"));
    assertEquals(Settled.DONE, reader.settle(release(held, Duration.ZERO, "late")));
    assertPast(false, "late", reader.nth(2));
  }

  @Test
  void recoveryIsToldOnlyToTheNextReader() {
    append(entry("e1"));
    assertTrue(leaveNote(member(1).nth(1), "kept"));
    TestReader heir = heir(2);
    letLeaseRunOut();
    assertEquals(Settled.DONE, heir.release(heir.nth(1), Duration.ZERO));
    assertPast(false, "kept", heir.nth(2));
  }

  @Test
  void noteIsRefusedToWhoDoesNotHoldTheEntry() {
    append(stream, entries(2));
    TestReader stalled = member(2);
    Received done = stalled.nth(1);
    Received old = stalled.nth(2);
    assertEquals(Settled.DONE, stalled.ack(done));
    assertFalse(leaveNote(done, "done with"));
    TestReader heir = heir(2);
    letLeaseRunOut();
    Received current = heir.nth(1);
    assertFalse(leaveNote(old, "too late"));
    assertEquals(Optional.empty(), current.past().note());
    assertEquals(Settled.DONE, heir.release(current, Duration.ZERO));
    assertEquals(Optional.empty(), heir.nth(2).past().note());
  }

  @Test
  void movedEntryStartsWithoutAPast() {
    assumeTrue(has(Feature.MOVE));
    append(entry("e1"));
    TestReader reader = reader(2);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, "old life")));
    String target = "{" + stream + "}:dead:" + group.group();
    Received second = reader.nth(2);
    assertEquals(
        Settled.DONE, reader.settle(new Settlement.MoveTo(second, target, second.entry())));
    stream = target;
    Received moved = reader().in("inspectors").open().request(1).nth(1);
    assertEquals(Received.Past.none(), moved.past());
    assertEquals(second.entry(), moved.entry());
  }

  @Test
  void deletingTheStreamForgetsNotes() {
    append(entry("e1"));
    TestReader reader = reader(10);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, "old")));
    reader.await(2);
    Stages.await(backend.log().delete(stream));
    append(entry("e1"));
    assertEquals(Received.Past.none(), reader.nth(3).past());
  }

  @Test
  void groupsKeepTheirOwnNotes() {
    append(entry("e1"));
    TestReader audit = reader().in("audit").open();
    TestReader reader = reader(2);
    assertEquals(Settled.DONE, reader.settle(release(reader.nth(1), Duration.ZERO, "ours")));
    reader.await(2);
    assertEquals(Received.Past.none(), audit.request(1).nth(1).past());
  }

  @Test
  void notesOfManyEntriesAreKeptApart() {
    append(stream, entries(20));
    TestReader reader = reader(20);
    List<Settlement> releases =
        reader.await(20).stream()
            .<Settlement>map(each -> release(each, Duration.ZERO, "of " + TestReader.id(each)))
            .toList();
    reader.settle(releases);
    for (Received each : reader.request(20).await(40).subList(20, 40)) {
      assertPast(false, "of " + TestReader.id(each), each);
    }
  }
}
