package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Fault 17: the link is open and nothing comes through, in one direction or in both. */
class BrokenLinkTest {
  /** As long as a command may take. */
  private static final String TIMEOUT = "?commandTimeout=500ms";

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void halfOpenLinkIsNoticedAndNothingIsLost() throws Exception {
    Rounds.run("halfOpenLinkIsNoticedAndNothingIsLost", (random, seed) -> link(RespProxy::freeze));
  }

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void linkThatLosesRequestsIsNoticedAndNothingIsLost() throws Exception {
    Rounds.run(
        "linkThatLosesRequestsIsNoticedAndNothingIsLost",
        (random, seed) -> link(RespProxy::dropRequests));
  }

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void linkThatLosesRepliesIsNoticedAndNothingIsLost() throws Exception {
    Rounds.run(
        "linkThatLosesRepliesIsNoticedAndNothingIsLost",
        (random, seed) -> link(RespProxy::dropReplies));
  }

  private static void link(Consumer<RespProxy> fault) throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      LocalWorker worker =
          scene.closing(new LocalWorker(scene, "w", proxy.url() + TIMEOUT, b -> b.maxJobs(4)));
      Broker sender = scene.sender(proxy.url() + TIMEOUT);
      try (var load = new Load(sender, scene.sending(), 100, n -> Job.ok("l-" + n, 5))) {
        Scene.await("work goes on", Scene.SOON, () -> worker.told("end") > 20);
        long before = proxy.connections();
        long begun = System.nanoTime();
        fault.accept(proxy);
        // Within a few times the timeout, not the quarter of an hour that TCP takes.
        Scene.await(
            "the link is given up", Duration.ofSeconds(6), () -> proxy.connections() > before + 1);
        System.out.printf(
            "faults: noticed in %d ms%n", Duration.ofNanos(System.nanoTime() - begun).toMillis());
        proxy.heal();
        int then = load.sent();
        long handled = worker.told("end");
        Scene.await(
            "work goes on unaided",
            Scene.SOON,
            () -> load.sent() > then + 50 && worker.told("end") > handled + 20);
      }
      scene.drained(
          Duration.ofSeconds(15),
          32,
          () ->
              new Evidence()
                  .of("requests and replies held or lost", proxy.held() + proxy.dropped()));
      assertTrue(scene.redis().alive());
    }
  }
}
