package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fault 20: SIGTERM under load. */
class ShutdownTest {
  private static final Duration DEADLINE = Duration.ofSeconds(Rounds.sized(4, 5));

  @Test
  void terminatedWorkerReadsNothingMoreAndEndsInTime() throws Exception {
    Rounds.run("terminatedWorkerReadsNothingMoreAndEndsInTime", (random, seed) -> terminated());
  }

  private static void terminated() throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      var worker =
          scene.workerStarting(
              "64m", proxy.url(), "jobs=8", "deadline=" + DEADLINE.toMillis(), "lease=60000");
      worker.awaitLine("ready", Scene.SOON);
      Broker sender = scene.sender();
      Load.send(sender, scene.sending(), new Job("stuck", "stuck", 60_000));
      long took;
      long ended;
      try (var load = new Load(sender, scene.sending(), 200, n -> Job.ok("t-" + n, 20))) {
        Scene.await("under load", Scene.SOON, () -> count(worker.lines(), "end") > 50);
        ended = count(worker.lines(), "end");
        long begun = System.nanoTime();
        worker.terminate();
        Scene.await("it stops reading", Duration.ofMillis(3_500), () -> quiet(proxy));
        assertTrue(worker.alive(), "it stopped reading only by its end");
        proxy.counts().clear();
        int exit = worker.awaitExit(Scene.SOON).orElseThrow();
        took = Duration.ofNanos(System.nanoTime() - begun).toMillis();
        System.out.printf("faults: SIGTERM to exit %d ms, exit code %d%n", took, exit);
        assertTrue(exit == 0 || exit == 143, "exit code " + exit);
      }
      assertEquals(0, proxy.counts().of("XREADGROUP"), "it read after SIGTERM");
      assertTrue(took <= DEADLINE.toMillis() + 4_000, "it took " + took + " ms");
      LocalWorker heir =
          scene.closing(new LocalWorker(scene, "heir", scene.redis().url(), b -> {}));
      // Long before its lease is over.
      Scene.await(
          "it is handed over", Duration.ofSeconds(10), () -> heir.told("begin stuck 2") == 1);
      scene.drained(
          Duration.ofSeconds(15),
          0,
          () ->
              new Evidence()
                  .of("handled before", ended)
                  .of("cut off at the deadline", count(worker.lines(), "cut stuck"))
                  .of("handed over", heir.told("begin stuck 2")));
    }
  }

  /** Whether no read has come for a moment: a worker under load reads all the time. */
  private static boolean quiet(RespProxy proxy) {
    long before = proxy.counts().of("XREADGROUP");
    Scene.holds("a moment", Duration.ofSeconds(1), () -> true);
    return proxy.counts().of("XREADGROUP") == before;
  }

  private static long count(List<String> lines, String prefix) {
    return lines.stream().filter(line -> line.startsWith(prefix)).count();
  }
}
