package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.testkit.fault.Evidence;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fault 12: the server's memory is full and it evicts nothing. */
class MemoryFullTest {
  @Test
  void sendersAreToldAndConsumersDrainAndADeadLetterWaits() throws Exception {
    Rounds.run("sendersAreToldAndConsumersDrainAndADeadLetterWaits", (random, seed) -> full());
  }

  private static void full() throws Exception {
    try (var scene = new Scene("--maxmemory-policy", "noeviction")) {
      LocalWorker worker = worker(scene, "w");
      Broker sender = scene.sender();
      for (int i = 0; i < 6; i++) {
        Load.send(sender, scene.sending(), Job.ok("ok-" + i, 400));
      }
      Load.send(sender, scene.sending(), new Job("poison", "throw", 0));
      scene.redis().command("CONFIG", "SET", "maxmemory", "1mb");
      var refused =
          assertThrows(BackendException.class, () -> sender.enqueue(Job.TYPE, Job.ok("no room")));
      assertEquals("OOM", refused.code());
      Scene.await("consumers drain", Scene.SOON, () -> worker.told("end") == 6);
      Scene.await("the poison has failed", Scene.SOON, () -> worker.told("begin poison") > 0);
      Scene.holds("it stays pending", Duration.ofMillis(500), () -> scene.pending() == 1);
      assertEquals(List.of(), scene.dead());
      scene.redis().command("CONFIG", "SET", "maxmemory", "0");
      scene.drained(
          Duration.ofSeconds(10),
          0,
          () ->
              new Evidence()
                  .of(
                      "refused for want of memory",
                      !scene.redis().info("errorstats", "errorstat_OOM").isEmpty())
                  .of("the poison is a dead letter", scene.dead().contains("poison")));
      assertEquals(1, worker.told("begin poison"), "its move was repeated, not its handler");
    }
  }

  private static LocalWorker worker(Scene scene, String name) {
    return scene.closing(
        new LocalWorker(
            scene, name, scene.redis().url(), b -> b.maxJobs(2).retry(RetryPolicy.none())));
  }
}
