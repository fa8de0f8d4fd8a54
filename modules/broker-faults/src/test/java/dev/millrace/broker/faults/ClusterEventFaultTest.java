package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subscriptions on a cluster that changes, in both of its modes. */
class ClusterEventFaultTest {
  private static final String PLAIN = "plain";
  private static final String SHARDED = "sharded";

  @TempDir private Path folder;

  /** Brokers that hear, and one that publishes all the time. */
  private final class Stage implements AutoCloseable {
    final RedisCluster cluster = RedisCluster.startWithReplicas();
    final List<AutoCloseable> open = new ArrayList<>(List.of(cluster));
    final List<Ear> ears = new ArrayList<>();
    final Announcer announcer;
    private final String mode;

    Stage(String mode) {
      this.mode = mode;
      for (String name : List.of("one", "two", "three")) {
        Broker broker = broker();
        ears.add(Ear.quick(name, broker, SubscriptionConfig.channel(Note.CHANNEL)));
        if (mode.equals(PLAIN)) {
          ears.add(Ear.quick(name + "'s pattern", broker, SubscriptionConfig.pattern("notes.*")));
        }
        broker.start();
      }
      announcer = new Announcer(broker(), History.writing(folder.resolve("sending")), 300, 100);
      open.add(announcer);
      awaitProgress();
    }

    private Broker broker() {
      Broker broker =
          Broker.connect(
              cluster.url() + "?commandTimeout=1s&events=" + mode,
              b -> b.appName("faults").shutdownDeadline(Duration.ofSeconds(2)));
      open.add(broker);
      return broker;
    }

    /** What is published from now on reaches each. */
    void awaitProgress() {
      announcer.awaitHeardBy(ears);
    }

    void awaitGaps() {
      Scene.await(
          "each is told of a gap",
          Scene.SOON,
          () -> ears.stream().allMatch(ear -> ear.disconnections() >= 1));
    }

    /** After it is healed: ends the traffic, and holds every miss against the gaps. */
    void check(Evidence evidence) {
      awaitProgress();
      announcer.close();
      List<Announcer.Sent> all = announcer.sent();
      String last = all.getLast().id();
      Scene.await(
          "the last event is heard by all",
          Scene.SOON,
          () -> ears.stream().allMatch(ear -> ear.heard.contains(last)));
      List<Integer> missed = ears.stream().map(ear -> ear.assertMissedOnlyInGaps(all)).toList();
      ears.forEach(ear -> assertEquals(State.RUNNING, ear.subscription.state()));
      ears.forEach(ear -> assertEquals(0, ear.subscription.info().counts().get("dropped")));
      System.out.printf(
          "faults: %s: %d events, missed by each %s; %s%n", mode, all.size(), missed, evidence);
      evidence.assertSeen();
    }

    @Override
    public void close() throws Exception {
      for (AutoCloseable each : open.reversed()) {
        each.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PLAIN, SHARDED})
  void masterWhoseReplicaTakesOverIsAGapAndNothingElse(String mode) throws Exception {
    try (var stage = new Stage(mode)) {
      RedisServer heir = stage.cluster.failover(Note.CHANNEL);
      stage.awaitGaps();
      stage.check(
          new Evidence()
              .of("the replica is the master", heir == stage.cluster.owner(Note.CHANNEL)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PLAIN, SHARDED})
  void masterThatChangesPlacesWithItsReplicaIsAtMostAGap(String mode) throws Exception {
    try (var stage = new Stage(mode)) {
      RedisServer heir = stage.cluster.handOver(Note.CHANNEL);
      if (mode.equals(SHARDED)) {
        // The old master takes subscriptions too, as a replica.
        Scene.await(
            "each is subscribed at the master",
            Scene.SOON,
            () ->
                heir.command("PUBSUB", "SHARDNUMSUB", Note.CHANNEL)
                    .equals(List.of(Note.CHANNEL, 3L)));
        stage.awaitGaps();
      }
      stage.check(
          new Evidence()
              .of("the replica is the master", heir == stage.cluster.owner(Note.CHANNEL)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PLAIN, SHARDED})
  void slotThatMovesWhileEventsFlowIsAtMostAGap(String mode) throws Exception {
    try (var stage = new Stage(mode)) {
      RedisServer to = other(stage.cluster);
      int before = stage.announcer.sent().size();
      var move = stage.cluster.beginMove(Note.CHANNEL, to);
      stage.awaitProgress();
      int during = stage.announcer.sent().size() - before;
      move.end();
      if (mode.equals(SHARDED)) {
        stage.awaitGaps();
      }
      stage.check(
          new Evidence()
              .of("events were accepted while the slot moved", during)
              .of("another node has it", to == stage.cluster.owner(Note.CHANNEL)));
    }
  }

  private static RedisServer other(RedisCluster cluster) {
    RedisServer owner = cluster.owner(Note.CHANNEL);
    return cluster.nodes().stream().filter(node -> node != owner).findFirst().orElseThrow();
  }
}
