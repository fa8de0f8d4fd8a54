package dev.millrace.broker.streams.journal;

import static dev.millrace.broker.streams.journal.JournalRig.STREAM;
import static dev.millrace.broker.streams.journal.JournalRig.all;
import static dev.millrace.broker.streams.journal.JournalRig.append;
import static dev.millrace.broker.streams.journal.JournalRig.full;
import static dev.millrace.broker.streams.journal.JournalRig.numbers;
import static dev.millrace.broker.streams.journal.JournalRig.record;
import static dev.millrace.broker.streams.journal.JournalRig.segments;
import static dev.millrace.broker.streams.journal.JournalRig.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.JournalConfig.Sync;
import dev.millrace.broker.api.JournalException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk takes nothing, or not all, or does not confirm. */
class JournalDiskTest {
  @TempDir private Path temp;
  private final FaultyDisk disk = new FaultyDisk();
  private JournalRig rig;

  @BeforeEach
  void onAFaultyDisk() {
    rig = new JournalRig(temp.resolve("journal"));
    rig.disk = disk;
  }

  @Test
  void aFullDiskFailsTheAppendAndTheNextOneGoesOnWhenThereIsRoom() {
    try (Journal journal = rig.open()) {
      append(journal, STREAM, "a");
      for (int room = 0; room < 300; room += 13) {
        disk.room(room);
        var failed =
            assertThrows(
                JournalException.class,
                () -> append(journal, List.of(full(STREAM, "no", 300), record(STREAM, "no"))));
        assertTrue(failed.getMessage().contains("No space left"), failed.getMessage());
        assertTrue(failed.getMessage().contains(rig.directory.toString()), failed.getMessage());
      }
      disk.room(Long.MAX_VALUE);
      append(journal, STREAM, "b");
      assertEquals(List.of(1L, 2L), numbers(journal, STREAM));
    }
    assertReplays("a", "b");
  }

  @Test
  void aDiskThatTakesNotEvenAFileFailsTheAppend() {
    try (Journal journal = rig.open()) {
      disk.failCreate(true);
      assertThrows(JournalException.class, () -> append(journal, STREAM, "no"));
      disk.failCreate(false);
      disk.room(10);
      assertThrows(JournalException.class, () -> append(journal, STREAM, "no"));
      assertEquals(List.of(), segments(rig.directory.resolve("0")));
      disk.room(Long.MAX_VALUE);
      append(journal, STREAM, "a");
    }
    assertReplays("a");
  }

  @Test
  void shortWritesAreContinued() {
    disk.mostAtOnce(7);
    try (Journal journal = rig.open()) {
      append(journal, List.of(record(STREAM, "a"), full(STREAM, "b", 1_000)));
      append(journal, STREAM, "c");
    }
    assertReplays("a", "b", "c");
  }

  @Test
  void aFailedSyncFailsTheAppendAndTheFileIsNotUsedAgain() {
    try (Journal journal = rig.open()) {
      append(journal, STREAM, "a");
      disk.failForce(true);
      assertThrows(JournalException.class, () -> append(journal, STREAM, "no"));
      assertThrows(JournalException.class, () -> append(journal, STREAM, "no"));
      disk.failForce(false);
      append(journal, STREAM, "b");
      assertEquals(2, segments(rig.directory.resolve("0")).size());
      assertEquals(List.of(1L, 2L), numbers(journal, STREAM));
    }
    assertReplays("a", "b");
  }

  @Test
  void whatCannotBeCutBackDoesNotComeOutLater() throws IOException {
    try (Journal journal = rig.open()) {
      append(journal, STREAM, "a");
      long good = Files.size(segments(rig.directory.resolve("0")).getFirst());
      disk.failForce(true);
      disk.failTruncate(true);
      assertThrows(JournalException.class, () -> append(journal, STREAM, "no"));
      assertTrue(Files.size(segments(rig.directory.resolve("0")).getFirst()) > good);
      disk.failForce(false);
      append(journal, STREAM, "b");
    }
    assertReplays("a", "b");
  }

  @Test
  void whatWasAcceptedBeforeAFailedSyncIsWrittenAnew() {
    var sync = new Sync.Interval(Duration.ofSeconds(1));
    try (Journal journal = rig.open(rig.config().withSync(sync))) {
      append(journal, STREAM, "a");
      journal.sync();
      append(journal, List.of(record(STREAM, "b"), full("other", "x", 100)));
      append(journal, STREAM, "c");
      disk.failForce(true);
      assertThrows(JournalException.class, journal::sync);
      assertThrows(JournalException.class, () -> append(journal, STREAM, "no"));
      disk.failForce(false);
      append(journal, STREAM, "d");
      journal.sync();
      assertEquals(List.of("a", "b", "c", "d"), texts(journal, STREAM));
      assertEquals(4, journal.depth(STREAM).records());
      assertEquals(List.of(1L, 2L, 3L, 4L), numbers(journal, STREAM));
      assertEquals(1, all(journal, "other").size());
    }
    assertReplays("a", "b", "c", "d");
  }

  @Test
  void aFileThatCannotBeRemovedIsTriedAgain() {
    try (Journal journal = rig.open(rig.config().withMaxBytes(1 << 20))) {
      for (int i = 0; i < 20; i++) {
        append(journal, List.of(full(STREAM, "" + i, 10_000)));
      }
      disk.failDelete(true);
      journal.done(STREAM, 20);
      assertTrue(segments(rig.directory.resolve("0")).size() > 2);
      assertTrue(journal.bytes() > 200_000);
      disk.failDelete(false);
      journal.done(STREAM, 20);
    }
    assertEquals(List.of(), segments(rig.directory.resolve("0")));
  }

  private void assertReplays(String... texts) {
    disk.room(Long.MAX_VALUE);
    disk.failTruncate(false);
    try (Journal journal = rig.open()) {
      assertEquals(List.of(texts), texts(journal, STREAM));
      assertEquals(List.of(), journal.damages());
    }
  }
}
