package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fault 14: one message among a hundred breaks whatever touches it. */
class PoisonTest {
  private static final int INNOCENTS = 99;
  private static final int ATTEMPTS = 3;
  private static final Set<String> DEADLY = Set.of("exit", "halt");

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @ValueSource(strings = {"throw", "overflow", "oom", "halt", "exit"})
  void onlyThePoisonIsCondemnedAndOthersProgress(String act) throws Exception {
    Rounds.run(
        "onlyThePoisonIsCondemnedAndOthersProgress: " + act,
        (random, seed) -> poisoned(act, random.nextInt(INNOCENTS)));
  }

  private static void poisoned(String act, int place) throws Exception {
    try (var scene = new Scene()) {
      Broker sender = scene.sender();
      for (int i = 0; i <= INNOCENTS; i++) {
        Job job = i == place ? new Job("poison", act, 0) : Job.ok("innocent-" + i, 5);
        Load.send(sender, scene.sending(), job);
      }
      var workers = new ArrayList<ChildJvm>();
      Scene.await(
          "the poison is a dead letter",
          Duration.ofSeconds(60),
          () -> {
            if (workers.isEmpty() || !workers.getLast().alive()) {
              workers.add(start(scene));
            }
            return scene.dead().contains("poison");
          });
      if (!workers.getLast().alive()) {
        workers.add(start(scene));
      }
      long died = workers.stream().filter(each -> !each.alive()).count();
      long attempts = lines(workers, "begin poison");
      scene.drained(
          Duration.ofSeconds(10),
          // Each death may come between a handler's end and its acknowledgement.
          (int) died * 8,
          () ->
              new Evidence()
                  .of("attempts at the poison", attempts)
                  .of("deaths", DEADLY.contains(act) ? died : 1));
      assertEquals(List.of("poison"), scene.dead());
      // A death while others ran beside it does not count as its own.
      int most = DEADLY.contains(act) ? ATTEMPTS + 1 : ATTEMPTS;
      assertTrue(attempts <= most, attempts + " attempts at the poison");
      System.out.printf(
          "faults: poison %s had %d attempts and killed %d processes%n", act, attempts, died);
    }
  }

  private static ChildJvm start(Scene scene) {
    return scene.workerStarting(
        "64m", scene.redis().url(), "jobs=4", "lease=1000", "attempts=" + ATTEMPTS);
  }

  private static long lines(List<ChildJvm> workers, String prefix) {
    return workers.stream()
        .flatMap(each -> each.lines().stream())
        .filter(line -> line.startsWith(prefix))
        .count();
  }
}
