package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Fault 30: the clock of a worker's machine is set, an hour forward and then two back. A server
 * whose clock is set is the subject of the Redis backend's own tests: Redis does not start under
 * libfaketime.
 */
class ClockJumpTest {
  private static final Path FAKETIME =
      Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1");

  private static final long HOUR = Duration.ofHours(1).toMillis();

  @Test
  void workerWhoseClockIsSetKeepsItsLeasesAndRecoversWhatOthersLeave() throws Exception {
    assumeTrue(Rounds.isLong(), "a JVM takes 15 s to start under libfaketime: only with -Pfaults");
    assumeTrue(Files.exists(FAKETIME), "there is no libfaketime here: install faketime");
    Rounds.run(
        "workerWhoseClockIsSetKeepsItsLeasesAndRecoversWhatOthersLeave", (random, seed) -> jumps());
  }

  private static void jumps() throws Exception {
    try (var scene = new Scene()) {
      Path clock = scene.other("clock");
      set(clock, 0);
      ChildJvm jumper = jumper(scene, clock);
      Broker sender = scene.sender();
      Load.send(sender, scene.sending(), Job.ok("long-0", 6_000));
      Load.send(sender, scene.sending(), Job.ok("long-1", 6_000));
      Scene.await("it works", Scene.SOON, () -> count(jumper, "begin long") == 2);
      // With free slots, and nothing else to do than to take over.
      var other =
          scene.closing(new LocalWorker(scene, "other", scene.redis().url(), b -> b.maxJobs(6)));
      // It sees it within a second, and a lease of one second passes at each time.
      set(clock, HOUR);
      Scene.holds("an hour ahead", Duration.ofMillis(2_500), () -> jumper.alive());
      long ahead = offset(jumper);
      set(clock, -HOUR);
      Scene.holds("an hour behind", Duration.ofMillis(2_500), () -> jumper.alive());
      long behind = offset(jumper);
      scene.drained(
          Duration.ofSeconds(5),
          0,
          () ->
              new Evidence()
                  .of("ahead", ahead > HOUR / 2)
                  .of("behind", behind < -HOUR / 2)
                  .of("handled by the one whose clock was set", count(jumper, "end long")));
      assertEquals(0, other.told("begin long"), "second attempts");
      other.close();
      takesOver(scene, sender, jumper);
    }
  }

  private static void takesOver(Scene scene, Broker sender, ChildJvm jumper) throws IOException {
    ChildJvm doomed = scene.worker("jobs=4");
    int sent = 0;
    while (count(doomed, "begin gate") == 0 && sent < 6) {
      Load.send(sender, scene.sending(), new Job("gate-" + sent, "gate", 0));
      int all = ++sent;
      Scene.await(
          "begun",
          Scene.SOON,
          () -> count(doomed, "begin gate") + count(jumper, "begin gate") == all);
    }
    doomed.kill();
    long left = count(doomed, "begin gate");
    scene.openGate();
    // The lease of the killed one and the next look.
    scene.drained(
        Duration.ofSeconds(8), 0, () -> new Evidence().of("left by one that was killed", left));
  }

  private static ChildJvm jumper(Scene scene, Path clock) {
    ChildJvm child =
        scene.workerStarting(
            Map.of(
                "LD_PRELOAD",
                FAKETIME.toString(),
                "FAKETIME_TIMESTAMP_FILE",
                clock.toString(),
                "FAKETIME_CACHE_DURATION",
                "1",
                "DONT_FAKE_MONOTONIC",
                "1"),
            "64m",
            scene.redis().url(),
            "jobs=2",
            "clock=told");
    child.awaitLine("ready", Scene.SOON);
    return child;
  }

  private static void set(Path clock, long millis) throws IOException {
    Path next = clock.resolveSibling("clock.next");
    Files.writeString(next, "%+d%n".formatted(millis / 1_000));
    Files.move(next, clock, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  /** How far its clock is before this one's. */
  private static long offset(ChildJvm child) {
    String last =
        child.lines().stream().filter(line -> line.startsWith("clock ")).toList().getLast();
    return Long.parseLong(last.substring(6)) - System.currentTimeMillis();
  }

  private static long count(ChildJvm child, String prefix) {
    return child.lines().stream().filter(line -> line.startsWith(prefix)).count();
  }
}
