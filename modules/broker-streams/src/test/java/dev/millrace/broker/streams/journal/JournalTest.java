package dev.millrace.broker.streams.journal;

import static dev.millrace.broker.streams.journal.JournalRig.STREAM;
import static dev.millrace.broker.streams.journal.JournalRig.all;
import static dev.millrace.broker.streams.journal.JournalRig.append;
import static dev.millrace.broker.streams.journal.JournalRig.appendMany;
import static dev.millrace.broker.streams.journal.JournalRig.full;
import static dev.millrace.broker.streams.journal.JournalRig.numbers;
import static dev.millrace.broker.streams.journal.JournalRig.segments;
import static dev.millrace.broker.streams.journal.JournalRig.text;
import static dev.millrace.broker.streams.journal.JournalRig.texts;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.JournalConfig.Sync;
import dev.millrace.broker.api.JournalException;
import dev.millrace.broker.api.JournalFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  private static final int MIB = 1 << 20;

  @TempDir private Path temp;
  private JournalRig rig;

  @BeforeEach
  void inADirectoryThatIsNotThere() {
    rig = new JournalRig(temp.resolve("made/journal"));
  }

  @Test
  void givesBackWhatWasAppendedWithAllItsParts() {
    try (Journal journal = rig.open()) {
      var record = full(STREAM, "a", 300);
      append(journal, List.of(record, full("other", "b", 1), full(STREAM, "c", 0)));
      assertEquals(
          List.of(new Stored(1, record), new Stored(2, full(STREAM, "c", 0))),
          all(journal, STREAM));
      assertEquals(Set.of(STREAM, "other"), journal.streams());
    }
  }

  @Test
  void everySyncSurvivesTheProcess() {
    for (Sync sync :
        List.of(new Sync.Each(), new Sync.Grouped(), new Sync.Interval(Duration.ofMillis(5)))) {
      var own = new JournalRig(temp.resolve(sync.getClass().getSimpleName()));
      String id;
      try (Journal journal = own.open(own.config().withSync(sync))) {
        append(journal, STREAM, "a", "b");
        append(journal, STREAM, "c");
        id = journal.id();
      }
      try (Journal journal = own.open()) {
        assertEquals(id, journal.id());
        assertEquals(List.of("a", "b", "c"), texts(journal, STREAM));
        append(journal, STREAM, "d");
        assertEquals(List.of(1L, 2L, 3L), numbers(journal, STREAM).subList(0, 3));
        assertTrue(numbers(journal, STREAM).getLast() > 3);
        assertEquals(List.of(), journal.damages());
      }
    }
  }

  @Test
  void readsInPagesByNumberCountAndBytes() {
    try (Journal journal = rig.open(rig.config().withMaxBytes(MIB))) {
      for (int i = 0; i < 40; i++) {
        append(journal, List.of(full("other", "x", 4_000), full(STREAM, "" + i, 4_000)));
      }
      assertTrue(segments(slot(0)).size() > 3, segments(slot(0)).toString());
      List<String> read = new ArrayList<>();
      long after = 0;
      for (var page = journal.next(STREAM, 0, 7, Long.MAX_VALUE);
          !page.isEmpty();
          page = journal.next(STREAM, after, 7, Long.MAX_VALUE)) {
        assertTrue(page.size() <= 7);
        page.forEach(each -> read.add(text(each)));
        after = page.getLast().number();
      }
      assertEquals(read, texts(journal, STREAM));
      assertEquals(40, read.size());
      assertEquals(2, journal.next(STREAM, 3, 9, 5_000).size());
      assertEquals(4, journal.next(STREAM, 3, 9, 1).getFirst().number());
      assertEquals(1, journal.next(STREAM, 3, 9, 1).size());
    }
  }

  @Test
  void filesGoWhenAllStreamsInThemAreDone() {
    try (Journal journal = rig.open(rig.config().withMaxBytes(MIB))) {
      for (int i = 0; i < 40; i++) {
        append(journal, List.of(full("other", "x", 4_000), full(STREAM, "" + i, 4_000)));
      }
      int before = segments(slot(0)).size();
      journal.done(STREAM, 40);
      assertEquals(before, segments(slot(0)).size());
      assertEquals(Set.of("other"), journal.streams());
      journal.done("other", 20);
      int left = segments(slot(0)).size();
      assertTrue(left < before && left > 1, left + " of " + before);
      assertEquals(20, journal.depth("other").records());
      assertEquals(21, journal.next("other", 20, 1, 1).getFirst().number());
      journal.done("other", 40);
      assertEquals(new Depth(0, Optional.empty()), journal.depth("other"));
    }
    assertEquals(List.of(), segments(slot(0)));
  }

  @Test
  void numbersAreNotGivenAgainWhileAnythingIsLeft() {
    String id;
    try (Journal journal = rig.open(rig.config().withMaxBytes(MIB))) {
      id = journal.id();
      append(journal, "other", "stays");
      for (int i = 0; i < 20; i++) {
        append(journal, List.of(full(STREAM, "" + i, 8_000)));
      }
      journal.done(STREAM, 20);
      assertEquals(2, segments(slot(0)).size());
    }
    try (Journal journal = rig.open()) {
      assertEquals(id, journal.id());
      append(journal, STREAM, "new");
      assertEquals("new", text(journal.next(STREAM, 20, 9, MIB).getFirst()));
      assertEquals(1, journal.next(STREAM, 20, 9, MIB).size());
    }
  }

  @Test
  void anEmptyJournalGetsAnotherNameInTheNextProcess() {
    String id;
    try (Journal journal = rig.open()) {
      id = journal.id();
      assertTrue(id.matches("[a-z0-9]{2,64}"), id);
      append(journal, STREAM, "a");
      journal.done(STREAM, 1);
      append(journal, STREAM, "b");
      assertEquals(2, all(journal, STREAM).getFirst().number());
      journal.done(STREAM, 2);
    }
    try (Journal journal = rig.open()) {
      assertNotEquals(id, journal.id());
      assertEquals(Set.of(), journal.streams());
      assertEquals(0, journal.bytes());
    }
  }

  @Test
  void takesNoMoreThanItsBytes() throws IOException {
    try (Journal journal = rig.open(rig.config().withMaxBytes(MIB))) {
      var full =
          assertThrows(
              JournalFullException.class,
              () -> {
                for (int i = 0; i < 200; i++) {
                  append(journal, List.of(full(STREAM, "" + i, 10_000)));
                }
              });
      assertTrue(full.getMessage().contains("1048576 bytes"), full.getMessage());
      long onDisk = 0;
      for (Path file : segments(slot(0))) {
        onDisk += Files.size(file);
      }
      assertEquals(onDisk, journal.bytes());
      assertTrue(onDisk <= MIB && onDisk > MIB * 9 / 10, onDisk + " bytes");
      long stored = all(journal, STREAM).size();
      journal.done(STREAM, 30);
      append(journal, STREAM, "again");
      assertEquals(stored + 1, all(journal, STREAM).getLast().number());
    }
  }

  @Test
  void takesNothingWhileItsOldestIsTooOld() {
    try (Journal journal = rig.open(rig.config().withMaxAge(Duration.ofHours(1)))) {
      append(journal, STREAM, "a");
      rig.clock.advance(Duration.ofMinutes(40));
      append(journal, STREAM, "b");
      append(journal, "other", "c");
      rig.clock.advance(Duration.ofMinutes(21));
      assertThrows(JournalFullException.class, () -> append(journal, "other", "d"));
      assertEquals(new Depth(2, Optional.of(Duration.ofMinutes(61))), journal.depth(STREAM));
      journal.done(STREAM, 1);
      append(journal, "other", "d");
      assertEquals(new Depth(1, Optional.of(Duration.ofMinutes(21))), journal.depth(STREAM));
    }
  }

  @Test
  void ageIsKnownAfterARestart() {
    try (Journal journal = rig.open()) {
      append(journal, STREAM, "a");
    }
    rig.clock.advance(Duration.ofMinutes(3));
    try (Journal journal = rig.open()) {
      assertEquals(Optional.of(Duration.ofMinutes(3)), journal.depth(STREAM).oldest());
    }
  }

  @Test
  void whatIsNotOnTheDiskYetIsSyncedBeforeItIsHandedOut() {
    var disk = new FaultyDisk();
    rig.disk = disk;
    var sync = new Sync.Interval(Duration.ofMinutes(1));
    try (Journal journal = rig.open(rig.config().withSync(sync))) {
      append(journal, STREAM, "a");
      int before = disk.forces();
      assertEquals(List.of("a"), texts(journal, STREAM));
      assertEquals(before + 1, disk.forces());
      append(journal, STREAM, "b");
      assertEquals(List.of("a"), texts(journal, STREAM));
      rig.clock.advance(Duration.ofMinutes(1));
      await().until(() -> disk.forces() == before + 2);
      journal.sync();
      assertEquals(List.of("a", "b"), texts(journal, STREAM));
    }
  }

  @Test
  void manyThreadsAppendAndEachKeepsItsOrder() throws Exception {
    var failures = ConcurrentHashMap.<Throwable>newKeySet();
    var threads = new ArrayList<Thread>();
    try (Journal journal = rig.open()) {
      for (int t = 0; t < 8; t++) {
        String name = "t" + t;
        threads.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        var last = new ArrayList<CompletableFuture<Void>>();
                        for (int i = 0; i < 200; i++) {
                          last.add(
                              journal.append(
                                  List.of(
                                      JournalRig.record(STREAM, name + "-" + i),
                                      JournalRig.record(name, "" + i))));
                        }
                        last.forEach(CompletableFuture::join);
                      } catch (RuntimeException failed) {
                        failures.add(failed);
                      }
                    }));
      }
      for (Thread each : threads) {
        each.join();
      }
      assertEquals(Set.of(), failures);
    }
    try (Journal journal = rig.open()) {
      List<Stored> all = all(journal, STREAM);
      assertEquals(1_600, all.size());
      assertEquals(1_600, all.getLast().number());
      assertEquals(1_600, new HashSet<>(texts(journal, STREAM)).size());
      for (int t = 0; t < 8; t++) {
        String name = "t" + t + "-";
        var own = all.stream().map(JournalRig::text).filter(x -> x.startsWith(name)).toList();
        for (int i = 0; i < 200; i++) {
          assertEquals(name + i, own.get(i));
        }
        assertEquals(200, all(journal, "t" + t).size());
      }
    }
  }

  @Test
  void aDeadProcessesJournalIsAdoptedOnceAndALivingOnesIsNot() {
    Journal first = rig.open();
    try (Journal second = rig.open();
        Journal third = rig.open()) {
      append(first, STREAM, "a");
      append(third, STREAM, "alive");
      String id = first.id();
      assertEquals(List.of(), second.adopt());
      first.close();
      List<Journal> adopted = second.adopt();
      assertEquals(1, adopted.size());
      assertEquals(List.of(), third.adopt());
      try (Journal heir = adopted.getFirst()) {
        assertEquals(id, heir.id());
        assertEquals(List.of("a"), texts(heir, STREAM));
        heir.done(STREAM, 1);
        assertEquals(List.of(), segments(slot(0)));
      }
      assertEquals(List.of(), second.adopt());
    }
  }

  @Test
  void aFolderThatCannotBeReadDoesNotKeepTheOthersFromBeingTakenOver() throws IOException {
    Journal first = rig.open();
    append(first, STREAM, "a");
    try (Journal second = rig.open()) {
      first.close();
      for (int other : new int[] {2, 3}) {
        // Nobody can open a folder for writing, whoever they are.
        Files.createDirectories(slot(other).resolve("lock"));
      }
      List<Journal> adopted = second.adopt();
      assertEquals(1, adopted.size());
      adopted.forEach(Journal::close);
    }
  }

  @Test
  void aFolderThatIsFreeAgainIsTakenFirst() {
    Journal first = rig.open();
    Journal second = rig.open();
    append(second, STREAM, "b");
    assertEquals(1, segments(slot(1)).size());
    first.close();
    try (Journal third = rig.open()) {
      append(third, STREAM, "c");
      assertEquals(1, segments(slot(0)).size());
    }
    second.close();
  }

  @Test
  void itBelongsToItsOwnerAlone() throws IOException {
    try (Journal journal = rig.open()) {
      append(journal, STREAM, "a");
      assertEquals("rwx------", mode(rig.directory));
      assertEquals("rwx------", mode(slot(0)));
      assertEquals("rw-------", mode(segments(slot(0)).getFirst()));
      assertEquals("rw-------", mode(slot(0).resolve("lock")));
    }
  }

  @Test
  void anImpossibleDirectoryIsNamedWithTheSetting() throws IOException {
    Path file = Files.createFile(temp.resolve("file"));
    var failed =
        assertThrows(JournalException.class, () -> new JournalRig(file.resolve("journal")).open());
    assertTrue(failed.getMessage().contains(file.toString()), failed.getMessage());
    assertTrue(failed.getMessage().contains("BrokerConfig.journal"), failed.getMessage());
  }

  @Test
  void aClosedJournalTakesNothing() {
    Journal journal = rig.open();
    journal.close();
    journal.close();
    assertThrows(JournalException.class, () -> append(journal, STREAM, "a"));
    assertThrows(JournalException.class, journal::sync);
  }

  @Test
  void anInterruptOfAReaderOrAppenderHarmsNobody() {
    try (Journal journal = rig.open()) {
      append(journal, STREAM, "a");
      Thread.currentThread().interrupt();
      assertEquals(List.of("a"), texts(journal, STREAM));
      journal.append(List.of(JournalRig.record(STREAM, "b")));
      assertTrue(Thread.interrupted());
      append(journal, STREAM, "c");
      assertEquals(List.of("a", "b", "c"), texts(journal, STREAM));
    }
  }

  @Test
  void anAppendLargerThanASegmentIsWhole() {
    try (Journal journal = rig.open(rig.config().withMaxBytes(4L * MIB))) {
      appendMany(journal, STREAM, 1, 10);
      append(journal, List.of(full(STREAM, "11", 900_000), full(STREAM, "12", 900_000)));
      appendMany(journal, STREAM, 13, 20);
    }
    try (Journal journal = rig.open()) {
      assertEquals(20, all(journal, STREAM).size());
      assertEquals(List.of(), journal.damages());
    }
  }

  private Path slot(int number) {
    return rig.directory.resolve(Integer.toString(number));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
