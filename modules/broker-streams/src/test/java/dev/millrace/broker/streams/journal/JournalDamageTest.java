package dev.millrace.broker.streams.journal;

import static dev.millrace.broker.streams.journal.JournalRig.all;
import static dev.millrace.broker.streams.journal.JournalRig.append;
import static dev.millrace.broker.streams.journal.JournalRig.full;
import static dev.millrace.broker.streams.journal.JournalRig.record;
import static dev.millrace.broker.streams.journal.JournalRig.segments;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fault 19: the files are not what they were. */
class JournalDamageTest {
  private static final List<String> STREAMS = List.of("a", "b");

  @TempDir private Path temp;
  private JournalRig rig;
  private Path slot;

  /** What was appended, by stream and number. */
  private final Map<String, TreeMap<Long, JournalRecord>> truth = new HashMap<>();

  /** The files as they were written. */
  private final Map<Path, byte[]> files = new TreeMap<>();

  /** How many records of the last segment there were when it was so long. */
  private final TreeMap<Long, Integer> ends = new TreeMap<>();

  @BeforeEach
  void aJournalOfTwoSegments() throws IOException {
    rig = new JournalRig(temp.resolve("journal"));
    slot = rig.directory.resolve("0");
    for (int round = 0; round < 2; round++) {
      ends.clear();
      try (Journal journal = rig.open()) {
        for (int i = 0; i < 7; i++) {
          keep(journal, record("a", round + "x" + i));
          ends.put(Files.size(segments(slot).getLast()), 3 * i + 1);
          keep(journal, full("b", round + "y" + i, i), record("a", round + "z" + i));
          ends.put(Files.size(segments(slot).getLast()), 3 * i + 3);
        }
      }
    }
    for (Path file : segments(slot)) {
      files.put(file, Files.readAllBytes(file));
    }
    assertEquals(2, files.size());
  }

  private void keep(Journal journal, JournalRecord... records) {
    append(journal, List.of(records));
    for (JournalRecord each : records) {
      var own = truth.computeIfAbsent(each.stream(), s -> new TreeMap<>());
      own.put(all(journal, each.stream()).getLast().number(), each);
    }
  }

  @Test
  void cutAtEveryByteEverythingBeforeReplaysAndNothingElse() throws IOException {
    Path last = segments(slot).getLast();
    byte[] whole = files.get(last);
    for (int length = 0; length <= whole.length; length++) {
      restore();
      Files.write(last, Arrays.copyOf(whole, length));
      var before = ends.floorEntry((long) length);
      try (Journal journal = rig.open()) {
        assertEquals(21 + (before == null ? 0 : before.getValue()), intact(journal));
        if (before != null && before.getKey() < length) {
          assertEquals(before.getKey(), journal.damages().getFirst().offset());
        }
      } catch (AssertionError wrong) {
        throw new AssertionError("cut at " + length, wrong);
      }
    }
  }

  @Test
  void anEarlierSegmentCutAtEveryByteLosesOnlyWhatIsMissing() throws IOException {
    Path first = segments(slot).getFirst();
    byte[] whole = files.get(first);
    for (int length = 0; length < whole.length; length += 31) {
      restore();
      Files.write(first, Arrays.copyOf(whole, length));
      try (Journal journal = rig.open()) {
        assertFalse(journal.damages().isEmpty(), "unnoticed: " + length);
        assertTrue(intact(journal) >= 21, "the second segment is whole; cut at " + length);
      }
    }
  }

  @Test
  void eachFlippedByteCostsOneRecordAtMostAndIsReported() throws IOException {
    for (Path file : segments(slot)) {
      byte[] whole = files.get(file);
      for (int at = 0; at < whole.length; at++) {
        restore();
        byte[] bad = whole.clone();
        bad[at] ^= (byte) (1 << (at % Byte.SIZE));
        Files.write(file, bad);
        try (Journal journal = rig.open()) {
          assertEquals(1, journal.damages().size());
          // An append of two whose last record is gone at the very end counts as torn.
          assertTrue(intact(journal) >= 40);
        } catch (AssertionError wrong) {
          throw new AssertionError(file + " flipped at " + at, wrong);
        }
      }
    }
  }

  @Test
  void whateverHappensToTheFilesNothingComesOutChanged() throws IOException {
    long seed = Long.getLong("millrace.journal.seed", System.nanoTime());
    System.out.println("journal fuzz seed " + seed);
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      restore();
      for (Path file : segments(slot)) {
        byte[] bytes = files.get(file).clone();
        for (int hits = random.nextInt(4); hits > 0; hits--) {
          bytes = damaged(bytes, random);
        }
        Files.write(file, bytes);
      }
      try (Journal journal = rig.open()) {
        intact(journal);
        append(journal, "a", "new");
        var last = all(journal, "a").getLast();
        assertEquals("new", JournalRig.text(last));
        assertTrue(last.number() > 28, "number " + last.number() + " again; seed " + seed);
      }
    }
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    if (bytes.length < 2) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    int length = 1 + random.nextInt(Math.min(300, bytes.length - at));
    byte[] out = bytes.clone();
    switch (random.nextInt(6)) {
      case 0 -> out = Arrays.copyOf(bytes, at);
      case 1 -> Arrays.fill(out, at, at + length, (byte) 0);
      case 2 -> out[at] ^= (byte) (1 << random.nextInt(8));
      case 3 -> {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, out, at, length);
      }
      // A piece of the same file in another place: records that are valid, but not there.
      case 4 ->
          System.arraycopy(
              bytes,
              random.nextInt(bytes.length - length + 1),
              out,
              at,
              Math.min(length, bytes.length - at));
      default -> {
        out = new byte[bytes.length + length];
        System.arraycopy(bytes, 0, out, 0, at);
        System.arraycopy(bytes, at, out, at + length, bytes.length - at);
      }
    }
    return out;
  }

  @Test
  void aRecordInsideOfAMessageIsNotFoundAfterDamage() throws IOException {
    Path last = segments(slot).getLast();
    var inner = new JournalRig(temp.resolve("inner"));
    try (Journal journal = inner.open()) {
      var carrier =
          new JournalRecord(
              "c",
              Optional.empty(),
              Optional.empty(),
              Entry.of("id", Fields.of("file", files.get(last))));
      append(journal, List.of(carrier, record("c", "after")));
    }
    Path file = segments(inner.directory.resolve("0")).getFirst();
    byte[] bytes = Files.readAllBytes(file);
    // Its length: the search for the next record goes through the carried file.
    int carrier = bytes.length - (int) record("c", "after").entry().fields().byteSize();
    for (int at = 0; at < carrier; at += 11) {
      byte[] bad = bytes.clone();
      bad[at] ^= 0x10;
      Files.write(file, bad);
      try (Journal journal = inner.open()) {
        assertTrue(List.of(Set.of(), Set.of("c")).contains(journal.streams()));
        for (Stored each : all(journal, "c")) {
          assertEquals(each.number() == 1 ? "file" : "t", firstField(each));
        }
      }
      clear(inner.directory.resolve("0"));
    }
  }

  private static String firstField(Stored each) {
    return each.record().entry().fields().names().getFirst();
  }

  @Test
  void numbersOfRecordsThatWereLostAtTheEndAreNotGivenAgain() throws IOException {
    Path last = segments(slot).getLast();
    Files.write(last, Arrays.copyOf(files.get(last), files.get(last).length - 3));
    try (Journal journal = rig.open()) {
      append(journal, "a", "new");
      append(journal, "unheard-of", "new");
      assertTrue(all(journal, "a").getLast().number() > truth.get("a").lastKey());
      assertTrue(all(journal, "unheard-of").getLast().number() > 1);
    }
  }

  @Test
  void aDamagedFileIsKeptBesideWhenItIsDone() throws IOException {
    Path file = segments(slot).getFirst();
    byte[] bad = files.get(file).clone();
    bad[bad.length / 2] ^= 1;
    Files.write(file, bad);
    try (Journal journal = rig.open()) {
      STREAMS.forEach(stream -> journal.done(stream, Long.MAX_VALUE));
      assertEquals(List.of(), segments(slot));
    }
    assertTrue(
        Arrays.equals(
            bad, Files.readAllBytes(file.resolveSibling(file.getFileName() + ".corrupt"))));
  }

  @Test
  void damageThatComesWhileItIsOpenIsSkippedAndReported() throws IOException {
    try (Journal journal = rig.open()) {
      Path file = segments(slot).getFirst();
      byte[] bad = files.get(file).clone();
      bad[bad.length / 2] ^= 1;
      Files.write(file, bad);
      assertEquals(41, intact(journal));
      assertEquals(1, journal.damages().size());
    }
  }

  @Test
  void aFileWithoutAHeaderIsPutAside() throws IOException {
    Path file = segments(slot).getFirst();
    Files.write(file, new byte[1_000]);
    try (Journal journal = rig.open()) {
      assertEquals(21, intact(journal));
      assertTrue(Files.exists(file.resolveSibling(file.getFileName() + ".corrupt")));
    }
  }

  /** How many come out; what does is what went in. */
  private int intact(Journal journal) {
    int found = 0;
    for (String stream : STREAMS) {
      long before = 0;
      for (Stored each : all(journal, stream)) {
        assertEquals(
            truth.get(stream).get(each.number()), each.record(), "number " + each.number());
        assertTrue(each.number() > before, "out of order");
        before = each.number();
        found++;
      }
    }
    return found;
  }

  private void restore() throws IOException {
    clear(slot);
    for (var file : files.entrySet()) {
      Files.write(file.getKey(), file.getValue());
    }
  }

  private static void clear(Path slot) throws IOException {
    var all = new ArrayList<Path>();
    try (DirectoryStream<Path> names = Files.newDirectoryStream(slot, "*.{log,corrupt}")) {
      names.forEach(all::add);
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
