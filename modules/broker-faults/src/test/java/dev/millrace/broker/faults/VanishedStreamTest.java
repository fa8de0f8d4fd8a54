package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.Evidence;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fault 8: somebody deletes a stream or a group while consumers wait for it. */
class VanishedStreamTest {
  @ParameterizedTest
  @ValueSource(strings = {"DEL jobs", "FLUSHALL"})
  void waitingConsumerGoesOnAfterItsStreamVanished(String command) throws Exception {
    Rounds.run("waitingConsumerGoesOnAfter: " + command, (random, seed) -> stream(command));
  }

  private static void stream(String command) throws Exception {
    try (var scene = new Scene();
        var log = new LogLines()) {
      LocalWorker worker = worker(scene, "a");
      Broker sender = scene.sender();
      Load.send(sender, scene.sending(), Job.ok("before"));
      Scene.await("handled", Scene.SOON, () -> worker.told("end") == 1 && scene.pending() == 0);
      awaitBlocked(scene);
      scene.redis().command(command.split(" ", -1));
      // Made again at once and unaided, not with the next message.
      Scene.await("the group is back", Duration.ofSeconds(5), () -> scene.pending() == 0);
      for (int i = 0; i < 20; i++) {
        Load.send(sender, scene.sending(), Job.ok("after-" + i));
      }
      scene.drained(
          Duration.ofSeconds(5),
          0,
          () ->
              new Evidence()
                  .of("told loudly", log.containing("had vanished and was made again").size()));
      assertEquals(1, errors(log).size(), () -> "one loud event: " + errors(log));
    }
  }

  private static List<String> errors(LogLines log) {
    return log.containing("consumer").stream().filter(line -> line.contains("vanished")).toList();
  }

  private static LocalWorker worker(Scene scene, String name) {
    return scene.closing(new LocalWorker(scene, name, scene.redis().url(), b -> b.maxJobs(4)));
  }

  private static void awaitBlocked(Scene scene) {
    Scene.await(
        "the consumer blocks",
        Scene.SOON,
        () -> Integer.parseInt(scene.redis().info("clients", "blocked_clients")) > 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {3})
  void whatAnotherProcessHadPendingIsDeliveredAgainAfterTheGroupVanished(int stuck)
      throws Exception {
    Rounds.run("whatAnotherProcessHadPendingIsDeliveredAgain", (random, seed) -> group(stuck));
  }

  private static void group(int stuck) throws Exception {
    try (var scene = new Scene();
        var log = new LogLines()) {
      var doomed = scene.worker("jobs=" + stuck);
      Broker sender = scene.sender();
      for (int i = 0; i < stuck; i++) {
        Load.send(sender, scene.sending(), new Job("stuck-" + i, "gate", 0));
      }
      Scene.await(
          "the other process has them",
          Scene.SOON,
          () -> doomed.lines().stream().filter(line -> line.startsWith("begin")).count() == stuck);
      LocalWorker busy = worker(scene, "busy");
      for (int i = 0; i < 20; i++) {
        Load.send(sender, scene.sending(), Job.ok("done-" + i));
      }
      Scene.await("handled", Scene.SOON, () -> busy.told("end") == 20);
      awaitBlocked(scene);
      scene.redis().command("XGROUP", "DESTROY", FaultWorker.STREAM, FaultWorker.GROUP);
      doomed.kill();
      Scene.await("delivered again", Scene.SOON, () -> busy.told("begin stuck") == stuck);
      scene.openGate();
      // Whatever came after the oldest that was pending comes again.
      scene.drained(
          Duration.ofSeconds(10),
          20,
          () ->
              new Evidence()
                  .of("told loudly", log.containing("had vanished and was made again").size())
                  .of("delivered again", busy.told("begin stuck")));
    }
  }
}
