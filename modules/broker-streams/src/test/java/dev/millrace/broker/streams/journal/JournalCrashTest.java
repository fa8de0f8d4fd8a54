package dev.millrace.broker.streams.journal;

import static dev.millrace.broker.streams.journal.JournalRig.STREAM;
import static dev.millrace.broker.streams.journal.JournalRig.all;
import static dev.millrace.broker.streams.journal.JournalRig.full;
import static dev.millrace.broker.streams.journal.JournalRig.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.fault.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fault: the process with the journal dies, or may write no further. */
class JournalCrashTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path temp;
  private JournalRig rig;

  @BeforeEach
  void inADirectory() {
    rig = new JournalRig(temp.resolve("journal"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"each", "grouped", "interval"})
  void whatAKilledProcessHadAcceptedIsThere(String sync) {
    Set<String> accepted = new HashSet<>();
    String id = "";
    for (int round = 0; round < 3; round++) {
      try (ChildJvm child = child(sync, "round" + round)) {
        child.awaitLine("ok " + (20 + 100 * round), PATIENCE);
        child.kill();
        List<String> lines = child.lines();
        String opened = lines.getFirst();
        assertTrue(id.isEmpty() || opened.equals(id), "it goes on with the same journal");
        id = opened;
        int mine = round;
        lines.stream()
            .filter(line -> line.startsWith("ok "))
            .forEach(line -> accepted.add(mine + ":" + line.substring(3)));
      }
    }
    assertTrue(accepted.size() > 300, accepted.size() + " accepted");
    try (Journal journal = rig.open()) {
      assertEquals(id, "open " + journal.id());
      int round = 0;
      long before = 0;
      int last = -1;
      for (Stored each : all(journal, STREAM)) {
        int n = Integer.parseInt(text(each));
        if (n == 0 && last >= 0) {
          round++;
          last = -1;
        }
        assertEquals(last + 1, n, "in order, none missing");
        assertEquals(full(STREAM, "" + n, 100), each.record());
        assertTrue(each.number() > before);
        before = each.number();
        last = n;
        accepted.remove(round + ":" + n);
      }
      assertEquals(Set.of(), accepted);
    }
  }

  @Test
  void aLivingProcessKeepsItsFolderAndADeadOneGivesItFree() {
    try (ChildJvm child = child("grouped", "child")) {
      child.awaitLine("ok 10", PATIENCE);
      String id = child.lines().getFirst();
      try (Journal journal = rig.open()) {
        assertNotEquals(id, "open " + journal.id());
        assertEquals(List.of(), journal.adopt());
        child.kill();
        List<Journal> adopted = journal.adopt();
        assertEquals(
            Set.of(id),
            adopted.stream().map(each -> "open " + each.id()).collect(Collectors.toSet()));
        try (Journal heir = adopted.getFirst()) {
          assertEquals("0", text(all(heir, STREAM).getFirst()));
        }
      }
    }
  }

  @Test
  void aFileThatMayNotGrowFailsTheAppendsAndKeepsWhatWasAccepted() throws Exception {
    try (ChildJvm child = child("grouped", "child")) {
      child.awaitLine("ok 10", PATIENCE);
      // Of any file that the process writes: as if the disk were full.
      var limit = List.of("prlimit", "--pid", Long.toString(child.pid()), "--fsize=65536");
      assertEquals(0, new ProcessBuilder(limit).start().waitFor());
      String failure = child.awaitLine("failed ", PATIENCE);
      assertTrue(failure.contains("File too large"), failure);
      child.kill();
      Set<String> accepted =
          child.lines().stream()
              .filter(line -> line.startsWith("ok "))
              .map(line -> line.substring(3))
              .collect(Collectors.toSet());
      try (Journal journal = rig.open()) {
        var found = all(journal, STREAM).stream().map(JournalRig::text).toList();
        assertTrue(found.containsAll(accepted) && !accepted.isEmpty());
        // Up to 64 were under way when it was killed.
        assertTrue(found.size() <= accepted.size() + 64, found.size() + " came out");
      }
    }
  }

  private ChildJvm child(String sync, String name) {
    return ChildJvm.of(JournalChild.class)
        .args(rig.directory.toString(), sync)
        .start(temp.resolve(name + ".out"));
  }
}
