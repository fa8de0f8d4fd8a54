package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Fault 9: a handler takes many leases while its process is well. */
class SlowHandlerTest {
  private static final Duration LEASE = Duration.ofSeconds(2);

  @Test
  void handlerOfFiveLeasesIsNotDisturbedByASecondAttempt() throws Exception {
    Rounds.run(
        "handlerOfFiveLeasesIsNotDisturbedByASecondAttempt",
        (random, seed) -> slow(LEASE.toMillis() * 5 + random.nextInt(300)));
  }

  private static void slow(long millis) throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      LocalWorker one = worker(scene, "one", proxy.url());
      LocalWorker other = worker(scene, "other", scene.redis().url());
      Broker sender = scene.sender();
      for (int i = 0; i < 4; i++) {
        Load.send(sender, scene.sending(), Job.ok("slow-" + i, millis));
      }
      Scene.await("all begun", Scene.SOON, () -> one.told("begin") + other.told("begin") >= 4);
      scene.drained(
          Duration.ofMillis(millis).plusSeconds(3),
          0,
          () -> new Evidence().of("renewals and other scripts", proxy.counts().of("EVALSHA") - 5));
      assertEquals(4, one.told("begin") + other.told("begin"), "a second attempt was made");
      assertEquals(0, one.told("cut") + other.told("cut"), "a handler was interrupted");
    }
  }

  /** With free slots: whoever is busy takes nothing over. */
  private static LocalWorker worker(Scene scene, String name, String url) {
    return scene.closing(new LocalWorker(scene, name, url, b -> b.maxJobs(4).lease(LEASE)));
  }
}
