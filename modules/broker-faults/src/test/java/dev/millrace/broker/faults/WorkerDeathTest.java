package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Faults 2 and 4: a worker dies, or stands still longer than its lease. */
class WorkerDeathTest {
  private static final Duration LEASE = Duration.ofSeconds(1);

  /** The lease, the scan of a waiting worker and what a busy machine takes. */
  private static final Duration RECOVERY = LEASE.multipliedBy(3).plusSeconds(2);

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void messagesOfAKilledWorkerAreHandledByAnother() throws Exception {
    Rounds.run(
        "messagesOfAKilledWorkerAreHandledByAnother",
        (random, seed) -> killed(random.nextInt(300)));
  }

  private static void killed(int afterMillis) throws Exception {
    try (var scene = new Scene()) {
      ChildJvm doomed = scene.worker("lease=" + LEASE.toMillis(), "jobs=8");
      Broker sender = scene.sender();
      try (var load = new Load(sender, scene.sending(), 200, n -> Job.ok("k-" + n, 50 + n % 100))) {
        ChildJvm heir = scene.worker("lease=" + LEASE.toMillis(), "jobs=8");
        Scene.await("both work", Scene.SOON, () -> begun(doomed) > 8 && begun(heir) > 8);
        int before = load.sent();
        Scene.await("some more", Scene.SOON, () -> load.sent() > before + afterMillis / 5);
        doomed.kill();
        int after = load.sent();
        Scene.await("sending goes on", Scene.SOON, () -> load.sent() > after + 50);
      }
      long cut = begun(doomed) - ended(doomed);
      // A job that ended and whose acknowledgement was not out yet is handled again.
      scene.drained(
          RECOVERY.plusSeconds(5),
          16,
          () -> new Evidence().of("handlers killed in their work", cut));
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void workerThatStoodStillPastItsLeaseCannotSettleAnyMore() throws Exception {
    Rounds.run("workerThatStoodStillPastItsLeaseCannotSettleAnyMore", (random, seed) -> stalled());
  }

  private static void stalled() throws Exception {
    List<String> acts = List.of("gated", "gated-throw", "gated-dead", "stuck");
    try (var scene = new Scene()) {
      // One attempt only: a stale failure that counted would be a dead letter.
      ChildJvm sleeper = scene.worker("lease=" + LEASE.toMillis(), "attempts=1");
      Broker sender = scene.sender();
      for (String act : acts) {
        Load.send(sender, scene.sending(), new Job(act, act, act.equals("stuck") ? 60_000 : 1_500));
      }
      Scene.await("all begun", Scene.SOON, () -> begun(sleeper) == 4);
      sleeper.stall();
      // One for each: what was taken from a silent process runs alone.
      List<LocalWorker> heirs =
          acts.stream()
              .map(act -> new LocalWorker(scene, act, scene.redis().url(), b -> b.maxJobs(1)))
              .map(scene::closing)
              .toList();
      Scene.await(
          "all taken over",
          Scene.SOON,
          () -> heirs.stream().mapToLong(heir -> heir.told("begin")).sum() == 4);
      sleeper.resume();
      Scene.await("all outcomes of the sleeper", Scene.SOON, () -> count(sleeper, "late ") == 3);
      Scene.await("its waiting handler is cut", Scene.SOON, () -> count(sleeper, "cut ") == 1);
      // Its success, failure and verdict are stale: the three gated jobs stay the heir's.
      Scene.holds("no stale outcome was taken", LEASE, () -> scene.pending() == 3);
      assertEquals(List.of(), scene.dead(), "a stale failure or verdict was taken");
      scene.openGate();
      scene.drained(
          RECOVERY,
          1,
          () ->
              new Evidence()
                  .of("late outcomes", count(sleeper, "late "))
                  .of("interrupted as its lease was lost", count(sleeper, "cut stuck true")));
      assertTrue(sleeper.alive());
    }
  }

  private static long begun(ChildJvm child) {
    return count(child, "begin ");
  }

  private static long ended(ChildJvm child) {
    return count(child, "end ");
  }

  private static long count(ChildJvm child, String prefix) {
    return child.lines().stream().filter(line -> line.startsWith(prefix)).count();
  }
}
