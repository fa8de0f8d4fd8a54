package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.faults.FaultServer.Ask;
import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.redis.RedisSentinels;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
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

  private static final SendPolicy CONFIRMED =
      SendPolicy.defaults().withDurability(Durability.replicated(1, Duration.ofMillis(500)));
  private static final int QUEUED = 300;
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

  private static RedisSentinels servers(String... more) {
    var options = new ArrayList<>(List.of("--appendonly", "yes", "--appendfsync", "everysec"));
    options.addAll(List.of(more));
    return RedisSentinels.start(options.toArray(String[]::new));
  }

  /**
   * A master that is well goes on for some seconds after its replica was promoted. What it delivers
   * then, the new one delivers again, unless it takes no writes without a replica.
   */
  @Test
  void callsThatWaitAreStartedOnceWhereAMasterWithoutItsReplicaTakesNoWrites() throws Exception {
    Rounds.run(
        "callsThatWaitAreStartedOnceWhereAMasterWithoutItsReplicaTakesNoWrites",
        (random, seed) -> queued());
  }

  private static void queued() throws Exception {
    try (var scene = Scene.on(servers("--min-replicas-to-write", "1"))) {
      RedisSentinels servers = scene.sentinels();
      int before = servers.masterPort();
      var starts = new Starts();
      String url = scene.url().replace("/0#", "/0" + OPTIONS + "#");
      starts.serve(scene, url, 2);
      starts.serve(scene, url, 2);
      Broker client = scene.sender(url);
      var calls = new ArrayList<CompletableFuture<Reply<String>>>();
      for (int i = 0; i < QUEUED; i++) {
        var ask = new Ask("q-" + i, 100);
        calls.add(client.callAsync(FaultServer.TYPE, ask, String.class, Duration.ofSeconds(40)));
      }
      Scene.await("some are answered", Scene.SOON, () -> starts.ids() > 20);
      int then = starts.ids();
      servers.failover();
      Scene.await("another master", UNAIDED, () -> servers.masterPort() != before);
      Map<String, Integer> ends = new TreeMap<>();
      for (CompletableFuture<Reply<String>> call : calls) {
        Reply<String> reply = call.get(60, TimeUnit.SECONDS);
        ends.merge(reply.getClass().getSimpleName(), 1, Integer::sum);
      }
      comesBackAsReplica(servers);
      Scene.await(
          "whatever the new master has is delivered",
          UNAIDED,
          () -> scene.redis().number("XLEN", "{jobs}:rpc") == 0);
      System.out.printf("faults: %d calls waited, %s%n", QUEUED - then, ends);
      assertEquals(List.of(), starts.twice(), "started twice");
      new Evidence()
          .of("calls that waited at the failover", QUEUED - then)
          .of("answered after it", ends.getOrDefault("Ok", 0) - then)
          .assertSeen();
    }
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
    int then = confirmed(scene);
    Scene.await("sends are confirmed again", UNAIDED, () -> confirmed(scene) > then + 20);
    traffic.stop();
    System.out.printf(
        "faults: replaced in %d ms, all back in %d ms; %s%n", replaced, back, traffic);
    scene.drained(
        Duration.ofSeconds(15),
        64,
        () ->
            new Evidence()
                .of("another master", servers.masterPort() != before)
                .of("sends that were not confirmed", unconfirmed(scene))
                .of(
                    "calls and events that were hit",
                    traffic.calls.begun() - traffic.calls.ok() + traffic.gaps.size()));
    traffic.check();
  }

  /** Nobody takes anything until it is over, so that what the old master took is lost with it. */
  @Test
  void whatAReplicaConfirmedIsThereAfterAFailoverThatLosesTheRest() throws Exception {
    Rounds.run(
        "whatAReplicaConfirmedIsThereAfterAFailoverThatLosesTheRest", (random, seed) -> unread());
  }

  private static void unread() throws Exception {
    var careless = new History();
    try (var scene = Scene.on(servers())) {
      RedisSentinels servers = scene.sentinels();
      int before = servers.masterPort();
      Broker plain =
          scene.closing(Broker.connect(scene.url(), b -> b.appName("faults").stream("careless")));
      Broker sender = scene.sender(scene.url(), CONFIRMED);
      try (var sent = new Load(sender, scene.sending(), 100, n -> Job.ok("s-" + n));
          var others = new Load(plain, careless, 100, n -> Job.ok("o-" + n))) {
        Scene.await("sends are confirmed", Scene.SOON, () -> confirmed(scene) > 50);
        servers.failover();
        Scene.await("another master", UNAIDED, () -> servers.masterPort() != before);
        comesBackAsReplica(servers);
        int then = confirmed(scene);
        int more = others.sent() + 20;
        Scene.await(
            "sends are confirmed again",
            UNAIDED,
            () -> confirmed(scene) > then + 20 && others.sent() > more);
      }
      long accepted =
          careless.events().stream()
              .filter(event -> event.kind() == History.Kind.ACKNOWLEDGED)
              .count();
      scene.closing(new LocalWorker(scene, "worker", scene.url(), b -> {}));
      scene.drained(
          Duration.ofSeconds(15),
          0,
          () ->
              new Evidence()
                  .of("sends that were not confirmed", unconfirmed(scene))
                  .of(
                      "accepted without a replica, and lost",
                      accepted - scene.redis().number("XLEN", "careless")));
    }
  }

  private static int confirmed(Scene scene) {
    return scene.check().acknowledged().size();
  }

  private static long unconfirmed(Scene scene) {
    return scene.all().events().stream()
        .filter(event -> event.kind() == History.Kind.UNKNOWN)
        .count();
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

  /** How often handlers were started, by the id of the question. */
  private record Starts(Map<String, AtomicInteger> times) {
    Starts() {
      this(new ConcurrentHashMap<>());
    }

    void serve(Scene scene, String url, int slots) {
      Broker server =
          scene.closing(
              Broker.connect(
                  url,
                  b ->
                      b.appName("faults").stream(FaultWorker.STREAM)
                          .maxRequests(slots)
                          .lease(Duration.ofSeconds(3))
                          .shutdownDeadline(Duration.ofSeconds(2))));
      server.onRequest(
          FaultServer.TYPE,
          Ask.class,
          ask -> {
            times.computeIfAbsent(ask.id(), id -> new AtomicInteger()).incrementAndGet();
            FaultServer.pass(ask.millis());
            return "done " + ask.id();
          });
      server.start();
    }

    int ids() {
      return times.size();
    }

    List<String> twice() {
      return times.entrySet().stream()
          .filter(each -> each.getValue().get() > 1)
          .map(Map.Entry::getKey)
          .toList();
    }
  }

  /** Tasks, calls and events at once, and what became of them. */
  private static final class Traffic {
    private final Scene scene;
    private final Starts starts = new Starts();
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
      starts.serve(scene, url, 10);
      starts.serve(scene, url, 10);
      Broker listener = scene.sender(url);
      Subscription subscription =
          listener.onEvent("ticks", Integer.class, tick -> heard.incrementAndGet());
      subscription.onGap(gaps::add);
      listener.start();
      Broker sender = scene.sender(url, CONFIRMED);
      tasks = scene.closing(new Load(sender, scene.sending(), 100, n -> Job.ok("s-" + n)));
      Broker client = scene.sender(url);
      calls = scene.closing(new CallLoad(client, 100, TIMEOUT, n -> new Ask("c-" + n, 20)));
      publisher = Thread.ofVirtual().name("ticks").start(() -> publish(client));
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

    void stop() throws Exception {
      tasks.close();
      calls.close();
      silent.countDown();
      publisher.join();
      Scene.await(
          "all calls end", TIMEOUT.plus(BEYOND), () -> calls.ended().size() == calls.begun());
    }

    void check() {
      assertEquals(List.of(), calls.faults(TIMEOUT.plus(BEYOND)), "untyped, crossed or late");
      assertEquals(List.of(), starts.twice(), "started twice");
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
          + unconfirmed(scene)
          + "; events "
          + heard
          + " of "
          + published
          + ", gaps "
          + gaps.size();
    }
  }
}
