package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.faults.FaultServer.Ask;
import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.redis.RedisSentinels;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Fault 7: the network cuts the master off from its replica, the Sentinels and most clients, while
 * some clients are on its side of the cut. Both sides believe to be right.
 */
class IsolatedMasterTest {
  private static final Duration UNAIDED = Duration.ofSeconds(30);
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final Duration BEYOND = Duration.ofSeconds(2);
  private static final String OPTIONS = "?commandTimeout=1s";
  private static final SendPolicy CONFIRMED =
      SendPolicy.defaults().withDurability(Durability.replicated(1, Duration.ofMillis(500)));

  @Test
  void clientsOnItsSideAreConfirmedNothingAndTheOthersGoOn() throws Exception {
    Rounds.run("clientsOnItsSideAreConfirmedNothingAndTheOthersGoOn", (random, seed) -> isolated());
  }

  private static void isolated() throws Exception {
    var careless = new History();
    RedisSentinels servers = RedisSentinels.start("--appendonly", "yes");
    try (var scene = Scene.on(servers)) {
      String most = scene.url().replace("/0#", "/0" + OPTIONS + "#");
      String few = servers.master().url() + OPTIONS; // past the gate
      int before = servers.masterPort();
      var worker = scene.closing(new LocalWorker(scene, "worker", most, b -> b.lease(TIMEOUT)));
      serve(scene, most);
      var calls =
          scene.closing(new CallLoad(scene.sender(most), 50, TIMEOUT, n -> new Ask("c-" + n, 5)));
      var sent =
          scene.closing(
              new Load(scene.sender(most, CONFIRMED), scene.sending(), 100, n -> Job.ok("m-" + n)));
      History alone = scene.history("alone");
      var sentAlone =
          scene.closing(new Load(scene.sender(few, CONFIRMED), alone, 100, n -> Job.ok("f-" + n)));
      Broker plain =
          scene.closing(Broker.connect(few, b -> b.appName("faults").stream("careless")));
      var carelessly = scene.closing(new Load(plain, careless, 100, n -> Job.ok("o-" + n)));
      Scene.await(
          "both sides go on",
          Scene.SOON,
          () ->
              acknowledged(alone) > 20
                  && acknowledged(scene.sending()) > 20
                  && worker.told("end") > 40
                  && calls.ok() > 20);

      servers.gate().shut();
      long begun = System.nanoTime();
      Scene.await("another master", UNAIDED, () -> servers.masterPort() != before);
      long replaced = millisSince(begun);
      // What the replica had confirmed before has been told to its sender by now. The new master
      // has
      // no replica yet: few tasks go through, for each that is not confirmed takes its time.
      long confirmed = acknowledged(alone);
      long accepted = acknowledged(careless);
      long handled = worker.told("end");
      long answered = calls.ok();
      Scene.await(
          "most go on, and so does the isolated master",
          UNAIDED,
          () ->
              worker.told("end") > handled + 2
                  && calls.ok() > answered + 50
                  && acknowledged(careless) > accepted + 50);
      long back = millisSince(begun);
      assertEquals(confirmed, acknowledged(alone), "confirmed though no replica can have it");

      servers.gate().open();
      RedisServer old = servers.other();
      Scene.await(
          "the old master is a replica",
          UNAIDED,
          () -> old.info("replication", "master_link_status").equals("up"));
      long then = acknowledged(scene.sending());
      Scene.await(
          "sends are confirmed again", UNAIDED, () -> acknowledged(scene.sending()) > then + 20);
      sentAlone.close();
      carelessly.close();
      sent.close();
      calls.close();
      Scene.await(
          "all calls end", TIMEOUT.plus(BEYOND), () -> calls.ended().size() == calls.begun());
      System.out.printf(
          "faults: replaced in %d ms, all back in %d ms; calls %d, ok %d, not started %d, unknown %d%n",
          replaced,
          back,
          calls.begun(),
          calls.ok(),
          calls.count("NotStarted"),
          calls.count("Unknown"));
      scene.drained(
          Duration.ofSeconds(15),
          64,
          () ->
              new Evidence()
                  .of("held at the cut", servers.gate().held())
                  .of("not confirmed on the master's side", unconfirmed(alone))
                  .of(
                      "accepted there without a replica, and lost",
                      acknowledged(careless) - scene.redis().number("XLEN", "careless")));
      assertEquals(List.of(), calls.faults(TIMEOUT.plus(BEYOND)), "untyped, crossed or late");
    }
  }

  private static void serve(Scene scene, String url) {
    Broker server =
        scene.closing(
            Broker.connect(
                url,
                b ->
                    b.appName("faults").stream(FaultWorker.STREAM)
                        .maxRequests(10)
                        .lease(TIMEOUT)
                        .shutdownDeadline(Duration.ofSeconds(2))));
    server.onRequest(
        FaultServer.TYPE,
        Ask.class,
        ask -> {
          FaultServer.pass(ask.millis());
          return "done " + ask.id();
        });
    server.start();
  }

  private static long acknowledged(History history) {
    return count(history, History.Kind.ACKNOWLEDGED);
  }

  private static long unconfirmed(History history) {
    return count(history, History.Kind.UNKNOWN);
  }

  private static long count(History history, History.Kind kind) {
    return history.events().stream().filter(event -> event.kind() == kind).count();
  }

  private static long millisSince(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
  }
}
