package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Fault 15: a process dies around the moment at which it moves messages to the dead letters. */
class DeadLetterCrashTest {
  private static final String DEAD = "{jobs}:dead:workers";

  /** So long that the move is repeated before a renewal finds out that it was made. */
  private static final Duration LEASE = Duration.ofSeconds(3);

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void messageIsInExactlyOnePlaceWhenTheReplyOfItsMoveIsLost() throws Exception {
    Rounds.run(
        "messageIsInExactlyOnePlaceWhenTheReplyOfItsMoveIsLost", (random, seed) -> lostReply());
  }

  private static void lostReply() throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      LocalWorker worker =
          scene.closing(
              new LocalWorker(
                  scene,
                  "w",
                  proxy.url(),
                  b -> b.retry(RetryPolicy.none()).maxJobs(2).lease(LEASE)));
      send(scene, "warm", 3);
      Scene.await("the script is loaded", Scene.SOON, () -> letters(scene) == 3);
      ProxyRule rule =
          proxy.swallowReply(
              words -> words.getFirst().startsWith("EVAL") && words.contains(DEAD), 1);
      send(scene, "unanswered", 1);
      Scene.await("a reply was lost", Scene.SOON, () -> rule.hits() == 1);
      assertEquals(4, letters(scene), "the move was made");
      Load.send(scene.sender(), scene.sending(), Job.ok("alive"));
      Scene.await(
          "the link is back",
          Scene.SOON,
          () -> worker.told("end alive") == 1 && scene.pending() == 0);
      send(scene, "more", 6);
      Scene.await("the others follow", Scene.SOON, () -> letters(scene) >= 10);
      // What is repeated or recovered shows.
      Scene.holds("nothing comes twice", LEASE.plusMillis(500), () -> letters(scene) == 10);
      settled(scene, 10, () -> new Evidence().of("replies lost", rule.hits()));
      assertEquals(1, worker.told("begin unanswered-0"));
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void messagesAreInExactlyOnePlaceWhenTheirWorkerIsKilledMovingThem() throws Exception {
    Rounds.run(
        "messagesAreInExactlyOnePlaceWhenTheirWorkerIsKilledMovingThem",
        (random, seed) -> killed(random.nextInt(5, 150)));
  }

  private static void killed(int afterLetters) throws Exception {
    int all = 300;
    try (var scene = new Scene()) {
      send(scene, "poison", all);
      ChildJvm doomed = scene.worker("attempts=1", "jobs=8");
      Scene.await("some were moved", Scene.SOON, () -> letters(scene) >= afterLetters);
      doomed.kill();
      long then = letters(scene);
      ChildJvm heir = scene.worker("attempts=1", "jobs=8");
      settled(
          scene,
          all,
          () ->
              new Evidence()
                  .of("moved before the kill", then)
                  .of("left for the heir", all - then)
                  .of("the heir lived", heir.alive()));
    }
  }

  private static long letters(Scene scene) {
    return scene.redis().number("XLEN", DEAD);
  }

  private static void send(Scene scene, String prefix, int count) {
    Broker sender = scene.sender();
    for (int i = 0; i < count; i++) {
      Load.send(sender, scene.sending(), new Job(prefix + "-" + i, "throw", 0));
    }
  }

  /** Every message is a dead letter once, and nothing is pending. */
  private static void settled(Scene scene, int count, Supplier<Evidence> evidence) {
    scene.drained(Duration.ofSeconds(10), 0, evidence);
    List<String> dead = scene.dead();
    assertEquals(count, dead.size());
    assertEquals(count, new HashSet<>(dead).size());
    assertEquals(0, scene.pending());
  }
}
