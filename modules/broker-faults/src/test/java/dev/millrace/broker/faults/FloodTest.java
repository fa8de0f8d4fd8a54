package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

/** Fault 11: Redis is away while a process with a small heap floods a backup producer. */
class FloodTest {
  /** So little that the flood fills it. */
  private static final int JOURNAL_MIB = Rounds.sized(4, 32);

  @Test
  void everySendHasATypedOutcomeAndAllThatWasAcceptedArrives() throws Exception {
    Rounds.run(
        "everySendHasATypedOutcomeAndAllThatWasAcceptedArrives", (random, seed) -> flooded());
  }

  private static void flooded() throws Exception {
    Duration outage = Duration.ofSeconds(Rounds.sized(3, 60));
    try (var scene = new Scene("--appendfsync", "everysec")) {
      Path accepted = scene.other("accepted");
      Path unknown = scene.other("unknown");
      Path stop = scene.other("stop");
      ChildJvm sender =
          scene.child(
              FloodSender.class,
              "256m",
              "journal=" + scene.other("journal"),
              "journal-mib=" + JOURNAL_MIB,
              "accepted=" + accepted,
              "unknown=" + unknown,
              "stop=" + stop);
      sender.awaitLine("sent ", Scene.SOON);
      scene.redis().stop();
      sender.awaitLine("switch PRIMARY JOURNAL", Scene.SOON);
      Scene.holds("it floods on", outage, sender::alive);
      Files.writeString(stop, "");
      scene.redis().start();
      sender.awaitLine("done", Scene.SOON.multipliedBy(4));
      Scene.await("the journal is drained", Scene.SOON.multipliedBy(4), () -> drained(sender));
      String outcomes = line(sender, "outcomes ");
      long heap = Long.parseLong(line(sender, "heap ").substring("heap ".length()));
      long journal =
          Long.parseLong(line(sender, "journal bytes ").substring("journal bytes ".length()));
      BitSet arrived = new BitSet();
      for (String id : Ledger.of(scene.redis(), BackupSender.STREAM).ids()) {
        int n = Integer.parseInt(id.substring(2));
        assertFalse(arrived.get(n), id + " arrived twice");
        arrived.set(n);
      }
      BitSet told = BitSet.valueOf(Files.readAllBytes(accepted));
      BitSet lost = (BitSet) told.clone();
      lost.andNot(arrived);
      BitSet unexpected = (BitSet) arrived.clone();
      unexpected.andNot(told);
      unexpected.andNot(BitSet.valueOf(Files.readAllBytes(unknown)));
      var evidence =
          new Evidence()
              .of("went into the journal", outcomes.contains("SpilledToJournal"))
              .of("the journal was full", outcomes.contains("JournalFullException"))
              .of("bytes of journal", journal);
      System.out.printf(
          "faults: %s, %d arrived, heap at most %d MiB, journal at most %d MiB, %s%n",
          outcomes, arrived.cardinality(), heap >> 20, journal >> 20, evidence);
      assertEquals("{}", lost.toString(), "accepted and lost");
      assertEquals("{}", unexpected.toString(), "refused and arrived");
      assertFalse(outcomes.contains("untyped"), outcomes);
      assertTrue(journal <= (long) JOURNAL_MIB << 20, "the journal took " + journal);
      evidence.assertSeen();
    }
  }

  private static boolean drained(ChildJvm sender) {
    return sender.lines().getLast().equals("journal 0");
  }

  private static String line(ChildJvm child, String prefix) {
    return child.lines().stream().filter(line -> line.startsWith(prefix)).findFirst().orElseThrow();
  }
}
