package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Fault 1: an append is executed and its reply lost, again and again under load. */
class LostReplyTest {
  private static final int LOSSES = 5;

  @Test
  void messageWhoseReplyWasLostIsStoredOnce() throws Exception {
    Rounds.run("messageWhoseReplyWasLostIsStoredOnce", (random, seed) -> lost(random));
  }

  private static void lost(RandomGenerator random) throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      scene.closing(new LocalWorker(scene, "w", scene.redis().url(), b -> b.maxJobs(4)));
      Broker sender = scene.sender(proxy.url());
      long hits = 0;
      try (var load = new Load(sender, scene.sending(), 300, n -> Job.ok("s-" + n))) {
        Scene.await("sending", Scene.SOON, () -> load.sent() > 20);
        for (int i = 0; i < LOSSES; i++) {
          ProxyRule rule = proxy.swallowReply(LostReplyTest::appends, 1 + random.nextInt(20));
          Scene.await("a reply is lost", Scene.SOON, () -> rule.hits() == 1);
          int then = load.sent();
          Scene.await("sending goes on", Scene.SOON, () -> load.sent() > then + 5);
          proxy.remove(rule);
          hits += rule.hits();
        }
      }
      long lost = hits;
      TotalQueueCheck check =
          scene.drained(
              Duration.ofSeconds(10),
              0,
              () -> new Evidence().of("appends with lost replies", lost));
      assertEquals(check.acknowledged().size(), scene.length(), "entries in the stream");
    }
  }

  private static boolean appends(List<String> words) {
    return words.getFirst().equals("XADD")
        || words.getFirst().equals("EVALSHA")
            && words.stream()
                .anyMatch(word -> word.startsWith("{" + FaultWorker.STREAM + "}:sent:"));
  }
}
