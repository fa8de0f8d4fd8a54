package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.faults.FaultServer.Ask;
import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.redis.RedisSentinels;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Fault 7: Sentinels replace the master while tasks, calls and events are under way. */
@Execution(ExecutionMode.CONCURRENT)
class SentinelFailoverTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  /** The backend's last word of one second, and a busy machine. */
  private static final Duration BEYOND = Duration.ofSeconds(2);

  /** From the fault until all three patterns go on, all by themselves. */
  private static final Duration UNAIDED = Duration.ofSeconds(30);

  private static final String OPTIONS = "?commandTimeout=1s";

  /** What becomes of the master. */
  private interface Fault {
    void happen(RedisSentinels servers);
  }

  @Test
  void killedMasterIsReplacedAndNothingConfirmedIsLostNorAnyCallStartedTwice() throws Exception {
    Rounds.run(
        "killedMasterIsReplacedAndNothingConfirmedIsLostNorAnyCallStartedTwice",
        (random, seed) -> failover(servers -> servers.master().kill()));
  }

  @Test
  void masterThatStandsStillIsReplacedAndNothingConfirmedIsLostNorAnyCallStartedTwice()
      throws Exception {
    Rounds.run(
        "masterThatStandsStillIsReplacedAndNothingConfirmedIsLostNorAnyCallStartedTwice",
        (random, seed) -> failover(servers -> servers.master().pause()));
  }

  @Test
  void masterThatIsWellIsReplacedAndNothingConfirmedIsLostNorAnyCallStartedTwice()
      throws Exception {
    Rounds.run(
        "masterThatIsWellIsReplacedAndNothingConfirmedIsLostNorAnyCallStartedTwice",
        (random, seed) -> failover(RedisSentinels::failover));
  }

  private static void failover(Fault fault) throws Exception {
    try (var scene = Scene.on(servers())) {
      failover(scene, fault);
    }
  }

  private static RedisSentinels servers() {
    return RedisSentinels.start("--appendonly", "yes", "--appendfsync", "everysec");
  }

  private static void failover(Scene scene, Fault fault) throws Exception {
    var traffic = new Traffic(scene);
    traffic.awaitMore("work goes on", Scene.SOON);
    RedisSentinels servers = scene.sentinels();
    int before = servers.masterPort();
    long begun = System.nanoTime();
    fault.happen(servers);
    Scene.await("another master", UNAIDED, () -> servers.masterPort() != before);
    long replaced = millisSince(begun);
    traffic.awaitMore("all three patterns go on unaided", UNAIDED);
    long back = millisSince(begun);
    comesBackAsReplica(servers);
    int confirmed = traffic.confirmed();
    Scene.await("sends are confirmed again", UNAIDED, () -> traffic.confirmed() > confirmed + 20);
    traffic.stop();
    System.out.printf(
        "faults: replaced in %d ms, all back in %d ms; %s%n", replaced, back, traffic);
    scene.drained(
        Duration.ofSeconds(15),
        64,
        () ->
            new Evidence()
                .of("another master", servers.masterPort() != before)
                .of("sends that were not confirmed", traffic.unconfirmed())
                .of(
                    "calls and events that were hit",
                    traffic.calls.begun() - traffic.calls.ok() + traffic.gaps.size()));
    traffic.check();
  }

  /** What was the master runs again and knows the new one, as an operator would see to it. */
  private static void comesBackAsReplica(RedisSentinels servers) {
    RedisServer old = servers.other();
    if (!old.alive()) {
      old.start();
    }
    old.resume();
    Scene.await(
        "the old master is a replica",
        UNAIDED,
        () -> old.info("replication", "master_link_status").equals("up"));
  }

  private static long millisSince(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
  }

  /** Tasks, calls and events at once, and what became of them. */
  private static final class Traffic {
    private final Scene scene;
    private final Map<String, AtomicInteger> started = new ConcurrentHashMap<>();
    private final List<Gap> gaps = new CopyOnWriteArrayList<>();
    private final AtomicInteger heard = new AtomicInteger();
    private final AtomicInteger published = new AtomicInteger();
    private final CountDownLatch silent = new CountDownLatch(1);
    private final Thread publisher;
    private final Load tasks;
    private final CallLoad calls;

    Traffic(Scene scene) {
      this.scene = scene;
      String url = scene.url().replace("/0#", "/0" + OPTIONS + "#");
      scene.closing(new LocalWorker(scene, "worker", url, b -> b.lease(Duration.ofSeconds(3))));
      serve(url);
      serve(url);
      Broker listener = scene.sender(url);
      Subscription subscription =
          listener.onEvent("ticks", Integer.class, tick -> heard.incrementAndGet());
      subscription.onGap(gaps::add);
      listener.start();
      Broker sender =
          scene.sender(
              url,
              SendPolicy.defaults()
                  .withDurability(Durability.replicated(1, Duration.ofMillis(500))));
      tasks = scene.closing(new Load(sender, scene.sending(), 100, n -> Job.ok("s-" + n)));
      Broker client = scene.sender(url);
      calls = scene.closing(new CallLoad(client, 100, TIMEOUT, n -> new Ask("c-" + n, 20)));
      publisher = Thread.ofVirtual().name("ticks").start(() -> publish(client));
    }

    private void serve(String url) {
      Broker server = scene.sender(url);
      server.onRequest(
          FaultServer.TYPE,
          Ask.class,
          ask -> {
            started.computeIfAbsent(ask.id(), id -> new AtomicInteger()).incrementAndGet();
            FaultServer.pass(ask.millis());
            return "done " + ask.id();
          });
      server.start();
    }

    private void publish(Broker client) {
      try {
        while (!silent.await(20, TimeUnit.MILLISECONDS)) {
          var unused = client.publishAsync("ticks", published.incrementAndGet());
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /**
     * Waits until each pattern has gone on; few tasks, for each unconfirmed send takes its time.
     */
    void awaitMore(String what, Duration atMost) {
      long handled = scene.handled();
      long answered = calls.ok();
      int events = heard.get();
      Scene.await(
          what,
          atMost,
          () ->
              scene.handled() > handled + 2
                  && calls.ok() > answered + 50
                  && heard.get() > events + 20);
    }

    int confirmed() {
      return scene.check().acknowledged().size();
    }

    void stop() throws Exception {
      tasks.close();
      calls.close();
      silent.countDown();
      publisher.join();
      Scene.await(
          "all calls end", TIMEOUT.plus(BEYOND), () -> calls.ended().size() == calls.begun());
    }

    long unconfirmed() {
      return scene.all().events().stream()
          .filter(event -> event.kind() == History.Kind.UNKNOWN)
          .count();
    }

    void check() {
      assertEquals(List.of(), calls.faults(TIMEOUT.plus(BEYOND)), "untyped, crossed or late");
      assertEquals(
          List.of(),
          started.entrySet().stream().filter(each -> each.getValue().get() > 1).toList(),
          "started twice");
      assertTrue(heard.get() <= published.get(), "events came twice");
    }

    @Override
    public String toString() {
      return "calls "
          + calls.begun()
          + ": ok "
          + calls.ok()
          + ", not started "
          + calls.count("NotStarted")
          + ", unknown "
          + calls.count("Unknown")
          + "; sends unconfirmed "
          + unconfirmed()
          + "; events "
          + heard
          + " of "
          + published
          + ", gaps "
          + gaps.size();
    }
  }
}
