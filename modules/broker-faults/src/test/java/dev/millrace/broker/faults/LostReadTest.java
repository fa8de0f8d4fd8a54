package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Fault 16: a read is given up by the client while the server gives it an entry. */
class LostReadTest {
  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void commandTimeoutBelowTheWaitStrandsNothing() throws Exception {
    Rounds.run("commandTimeoutBelowTheWaitStrandsNothing", (random, seed) -> shortTimeout());
  }

  /** No setting can bring it about: what waits has the command timeout on top of its wait. */
  private static void shortTimeout() throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      String url = proxy.url() + "?commandTimeout=1s";
      // A wait is a quarter of a lease, four times the command timeout here.
      LocalWorker worker =
          scene.closing(
              new LocalWorker(scene, "w", url, b -> b.lease(Duration.ofSeconds(16)).maxJobs(2)));
      Scene.await("it waits", Scene.SOON, () -> proxy.counts().of("XREADGROUP") > 0);
      proxy.counts().clear();
      Scene.await("two more waits", Scene.SOON, () -> proxy.counts().of("XREADGROUP") >= 2);
      long connections = proxy.connections();
      Broker sender = scene.sender();
      Load.send(sender, scene.sending(), Job.ok("one"));
      scene.drained(
          Duration.ofSeconds(5),
          0,
          () -> new Evidence().of("waits", proxy.counts().of("XREADGROUP")));
      assertEquals(List.of("begin one 1", "end one"), worker.lines());
      assertEquals(connections, proxy.connections(), "a wait was given up");
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void entryWhoseReadReplyWasLostIsRecovered() throws Exception {
    Rounds.run("entryWhoseReadReplyWasLostIsRecovered", (random, seed) -> stranded());
  }

  private static void stranded() throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      LocalWorker worker =
          scene.closing(
              new LocalWorker(
                  scene, "w", proxy.url(), b -> b.lease(Duration.ofSeconds(1)).maxJobs(2)));
      Broker sender = scene.sender();
      Load.send(sender, scene.sending(), Job.ok("first"));
      Scene.await("it works", Scene.SOON, () -> worker.told("end") == 1 && scene.pending() == 0);
      Scene.await(
          "it waits",
          Scene.SOON,
          () -> !scene.redis().info("clients", "blocked_clients").equals("0"));
      ProxyRule rule = proxy.swallowReply(words -> words.getFirst().equals("XREADGROUP"), 1);
      long reads = proxy.counts().of("XREADGROUP");
      Scene.await("its next read", Scene.SOON, () -> proxy.counts().of("XREADGROUP") > reads);
      Load.send(sender, scene.sending(), Job.ok("stranded"));
      scene.drained(Duration.ofSeconds(6), 0, () -> new Evidence().of("replies lost", rule.hits()));
      assertEquals(1, worker.told("begin stranded 2"), () -> "lines " + worker.lines());
    }
  }
}
