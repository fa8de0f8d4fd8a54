package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Fault 28: subscriptions lose their connection, and a subscriber is slow. */
class EventFaultTest {
  /** Brokers that hear, and one that publishes all the time. */
  private static final class Stage implements AutoCloseable {
    final Scene scene = new Scene();
    final CountDownLatch gate = new CountDownLatch(1);
    final RespProxy proxy = RespProxy.before(scene.redis().host(), scene.redis().port());
    final List<Ear> quick;
    final Ear slow;
    final Announcer announcer;

    /** All but the announcer go through the proxy. */
    Stage(int perSecond, String commandTimeout) {
      scene.closing(proxy);
      Broker one = broker(commandTimeout);
      Broker two = broker(commandTimeout);
      quick =
          List.of(
              Ear.quick("exact", one, SubscriptionConfig.channel(Note.CHANNEL)),
              Ear.quick("pattern", one, SubscriptionConfig.pattern("notes.*")),
              Ear.quick("in order", one, SubscriptionConfig.channel(Note.CHANNEL).inOrder(true)),
              Ear.quick("elsewhere", two, SubscriptionConfig.channel(Note.CHANNEL)));
      slow =
          Ear.slow(
              "slow", one, SubscriptionConfig.channel(Note.CHANNEL).concurrency(1).buffer(5), gate);
      one.start();
      two.start();
      announcer = scene.closing(new Announcer(scene.sender(), scene.sending(), perSecond, 100));
      awaitProgress();
    }

    private Broker broker(String commandTimeout) {
      return scene.closing(
          Broker.connect(
              proxy.url() + "?commandTimeout=" + commandTimeout,
              b -> b.appName("faults").shutdownDeadline(Duration.ofSeconds(2))));
    }

    /** What is published from now on reaches every quick subscription. */
    void awaitProgress() {
      announcer.awaitHeardBy(quick);
    }

    void awaitDisconnections(long count) {
      Scene.await(
          "each is told of its gap and subscribed again",
          Scene.SOON,
          () ->
              slow.disconnections() >= count
                  && quick.stream().allMatch(ear -> ear.disconnections() >= count));
    }

    /** After it is healed: ends the traffic, and holds every miss against the gaps. */
    void check(Evidence evidence) {
      awaitProgress();
      assertEquals(1, slow.subscription.info().counts().get("running"), "its handler still waits");
      assertEquals(0, slow.heard.size());
      announcer.close();
      List<Announcer.Sent> all = announcer.sent();
      String last = all.getLast().id();
      Scene.await(
          "the last event is heard by all",
          Scene.SOON,
          () -> quick.stream().allMatch(ear -> ear.heard.contains(last)));
      Scene.await(
          "what is heard is handled",
          Scene.SOON,
          () ->
              quick.stream()
                  .allMatch(
                      ear ->
                          ear.subscription.info().counts().get("waiting") == 0
                              && ear.subscription.info().counts().get("running") == 0));
      List<Integer> missed = quick.stream().map(ear -> ear.assertMissedOnlyInGaps(all)).toList();
      quick.forEach(ear -> assertEquals(State.RUNNING, ear.subscription.state()));
      quick.forEach(ear -> assertEquals(0, ear.subscription.info().counts().get("dropped")));
      gate.countDown();
      Scene.await("the slow one goes on", Scene.SOON, () -> slow.heard.contains(last));
      Scene.await(
          "the slow one is told of what it missed",
          Scene.SOON,
          () -> slow.gaps.size() > slow.disconnections());
      System.out.printf(
          "faults: %d events, missed by each %s, by the slow one %d; %s%n",
          all.size(), missed, slow.missed(all).size(), evidence);
      evidence.assertSeen();
    }

    @Override
    public void close() throws Exception {
      gate.countDown();
      scene.close();
    }
  }

  @Test
  void killedConnectionsAreAGapAndNothingElse() throws Exception {
    try (var stage = new Stage(500, "1s")) {
      var evidence = new Evidence();
      for (int round = 1; round <= Rounds.sized(2, 10); round++) {
        evidence.of(
            "connections were killed",
            stage.scene.redis().number("CLIENT", "KILL", "TYPE", "pubsub"));
        stage.awaitDisconnections(round);
        stage.awaitProgress();
      }
      stage.check(evidence);
    }
  }

  @Test
  void subscriberThatTheServerFindsTooSlowIsCutOffAndHearsAgain() throws Exception {
    // Nobody but the server gives a link up.
    try (var stage = new Stage(200, "60s")) {
      stage
          .scene
          .redis()
          .command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 1");
      long links = subscribers(stage);
      // The links take nothing while the burst comes: the server's buffers fill.
      stage.proxy.freeze();
      String large = "y".repeat(100_000);
      for (int i = 0; i < 1_000 && subscribers(stage) > 0; i++) {
        stage.announcer.publish(large);
      }
      long cut = links - subscribers(stage);
      stage.proxy.heal();
      stage.awaitDisconnections(1);
      stage.check(new Evidence().of("links were cut by the server", cut));
    }
  }

  private static long subscribers(Stage stage) {
    return stage.scene.redis().text("CLIENT", "LIST", "TYPE", "pubsub").lines().count();
  }

  @Test
  void restartOfRedisIsAGapAndNothingElse() throws Exception {
    try (var stage = new Stage(500, "1s")) {
      String run = stage.scene.redis().info("server", "run_id");
      stage.scene.redis().kill();
      stage.scene.redis().start();
      stage.awaitDisconnections(1);
      stage.check(
          new Evidence()
              .of(
                  "another run of the server",
                  !run.equals(stage.scene.redis().info("server", "run_id"))));
    }
  }

  @Test
  void halfOpenLinkIsNoticedAndIsAGapAndNothingElse() throws Exception {
    try (var stage = new Stage(200, "1s")) {
      long links = stage.proxy.connections();
      stage.proxy.freeze();
      Scene.await(
          "the links of both brokers are given up",
          Duration.ofSeconds(20),
          () -> stage.proxy.connections() >= links + 2);
      assertTrue(stage.announcer.sent().size() > 0);
      stage.proxy.heal();
      stage.awaitDisconnections(1);
      stage.check(new Evidence().of("requests and replies held", stage.proxy.held()));
    }
  }
}
