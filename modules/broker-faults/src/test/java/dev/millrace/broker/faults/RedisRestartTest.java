package dev.millrace.broker.faults;

import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.FaultThread;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Fault 5: Redis is killed and started again under load. */
class RedisRestartTest {
  @Test
  void consumersResumeUnaidedAfterRedisWasKilled() throws Exception {
    Rounds.run("consumersResumeUnaidedAfterRedisWasKilled", (random, seed) -> restarts(seed));
  }

  private static void restarts(long seed) throws Exception {
    int times = Rounds.sized(1, 4);
    try (var scene = new Scene()) {
      ChildJvm worker = scene.worker("lease=2000", "jobs=8");
      ChildJvm producer = scene.producer("rate=300");
      Scene.await("work goes on", Scene.SOON, () -> scene.check().acknowledged().size() > 100);
      String run = scene.redis().info("server", "run_id");
      FaultThread faults =
          FaultThread.seeded(seed)
              .fault("kill -9 of Redis", scene.redis()::kill, scene.redis()::start)
              .holds(Duration.ofMillis(200), Duration.ofMillis(1_500))
              .rounds(times)
              .build();
      scene.closing(faults).start().join(Scene.SOON.multipliedBy(times));
      int then = scene.check().acknowledged().size();
      Scene.await(
          "sending resumed", Scene.SOON, () -> scene.check().acknowledged().size() > then + 100);
      producer.terminate();
      producer.awaitExit(Scene.SOON);
      // What was acknowledged and under way when the server died may be handled once more.
      scene.drained(
          Duration.ofSeconds(15),
          times * 64,
          () ->
              new Evidence()
                  .of("Redis was killed", faults.done().size())
                  .of(
                      "another run of the server",
                      !run.equals(scene.redis().info("server", "run_id")))
                  .of("the worker lived through it", worker.alive()));
    }
  }
}
