package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Fault 24: the disk under the server's append-only file is full. */
class DiskFullTest {
  private static final Path PRLIMIT = Path.of("/usr/bin/prlimit");
  private static final long DISK = 256 << 10;

  @Test
  void nothingIsToldAcceptedThatAServerCouldNotWriteAndEndedFor() throws Exception {
    Rounds.run(
        "nothingIsToldAcceptedThatAServerCouldNotWriteAndEndedFor", (random, seed) -> ended());
  }

  /** A server that syncs each write before its answer ends when it cannot. */
  private static void ended() throws Exception {
    try (var scene = new Scene()) {
      scene.redis().limitFiles(DISK);
      scene.redis().restart();
      ChildJvm sender =
          scene.backupSender("limit=1000000", "threads=16", "each=1000", "durability=fsynced");
      sender.awaitLine("switch PRIMARY JOURNAL", Scene.SOON);
      Scene.await("the server has ended", Scene.SOON, () -> !scene.redis().alive());
      scene.redis().limitFiles(0);
      scene.redis().start();
      drained(scene, sender, new Evidence().of("the server ended", 1));
    }
  }

  @Test
  void sendersAreToldOfAServerThatTakesNoMoreWritesAndItRecovers() throws Exception {
    assumeTrue(Files.isExecutable(PRLIMIT), "no prlimit to give the server its disk back");
    Rounds.run(
        "sendersAreToldOfAServerThatTakesNoMoreWritesAndItRecovers", (random, seed) -> refused());
  }

  /** One that syncs every second goes on and refuses writes with MISCONF. */
  private static void refused() throws Exception {
    try (var scene = new Scene("--appendfsync", "everysec")) {
      scene.redis().limitFiles(DISK);
      scene.redis().restart();
      ChildJvm sender = scene.backupSender("limit=1000000", "threads=16", "each=2000");
      sender.awaitLine("switch PRIMARY JOURNAL", Scene.SOON);
      var told =
          assertThrows(
              BackendException.class, () -> scene.sender().enqueue(Job.TYPE, Job.ok("no room")));
      assertEquals("MISCONF", told.code());
      var limit =
          new ProcessBuilder(
                  PRLIMIT.toString(), "--pid=" + scene.redis().pid(), "--fsize=unlimited:unlimited")
              .inheritIO()
              .start();
      assertEquals(0, limit.waitFor());
      drained(
          scene,
          sender,
          new Evidence()
              .of(
                  "writes were refused",
                  !scene.redis().info("errorstats", "errorstat_MISCONF").isEmpty()));
      assertEquals(0, scene.length(), "what was refused is there");
    }
  }

  private static void drained(Scene scene, ChildJvm sender, Evidence evidence) {
    sender.awaitLine("sent", Scene.SOON.multipliedBy(2));
    Scene.await(
        "all is drained",
        Scene.SOON,
        () ->
            sender.lines().stream()
                .filter(line -> line.startsWith("route "))
                .reduce("", (before, last) -> last)
                .equals("route PRIMARY backup 0 journal 0"));
    TotalQueueCheck check = Ledger.of(scene.redis(), BackupSender.STREAM).check(scene.all());
    System.out.printf("faults: %d acknowledged, %s%n", check.acknowledged().size(), evidence);
    evidence.assertSeen();
  }
}
