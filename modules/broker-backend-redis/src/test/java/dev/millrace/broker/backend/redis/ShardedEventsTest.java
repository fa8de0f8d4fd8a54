package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.testkit.FixtureExtension;
import dev.millrace.broker.testkit.contract.EventContract;
import dev.millrace.broker.testkit.contract.ReplyContract;
import dev.millrace.broker.testkit.contract.RequestContract;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Events that go to one shard of a cluster. */
class ShardedEventsTest {
  private static final RedisCluster CLUSTER = RedisCluster.start();
  private static final String URL = CLUSTER.url() + "?events=sharded";

  @RegisterExtension
  static final FixtureExtension FIXTURE =
      new FixtureExtension(() -> new ClusterEventsTest.Fixture(URL));

  @AfterAll
  static void stop() {
    CLUSTER.close();
  }

  @Nested
  class Events extends EventContract {}

  @Nested
  class Replies extends ReplyContract {}

  @Nested
  class Requests extends RequestContract {}

  @Nested
  class OnOneBackend {
    private Backend backend;

    @BeforeEach
    void open() {
      backend = Backends.open(URL);
    }

    @AfterEach
    void close() {
      backend.close();
    }

    private HeardEvents listen(String channel) {
      var heard = new HeardEvents();
      await(backend.events().subscribe(ChannelPattern.exactly(channel), heard));
      return heard;
    }

    private void publish(String channel, String id) {
      await(backend.events().publish(channel, Entry.of(id, Fields.of("a", 1))));
    }

    @Test
    void aMasterHasOneConnectionForAllChannelsAndNoneWithoutOne() throws Exception {
      publish("many", "first");
      long before = connections();
      var subscriptions = new ArrayList<AutoCloseable>();
      var heard = new HeardEvents();
      for (int i = 0; i < 30; i++) {
        subscriptions.add(
            await(backend.events().subscribe(ChannelPattern.exactly("many." + i), heard)));
      }
      for (int i = 0; i < 30; i++) {
        publish("many." + i, "e" + i);
      }
      for (int i = 0; i < 30; i++) {
        heard.await("e" + i);
      }
      assertEquals(List.of(1L, 1L, 1L), CLUSTER.nodes().stream().map(this::links).toList());
      for (AutoCloseable each : subscriptions) {
        each.close();
      }
      Awaitility.await().until(() -> connections() == before);
    }

    private long connections() {
      return CLUSTER.nodes().stream()
          .flatMap(node -> node.text("CLIENT", "LIST").lines())
          .filter(line -> line.contains("name=millrace:"))
          .count();
    }

    private long links(RedisServer node) {
      return node.text("CLIENT", "LIST")
          .lines()
          .filter(line -> line.contains("millrace:") && !line.contains("ssub=0"))
          .count();
    }

    @Test
    void eventsGoToOneShardOnly() {
      listen("news");
      assertEquals(
          List.of("news", 1L), CLUSTER.owner("news").command("PUBSUB", "SHARDNUMSUB", "news"));
      assertEquals(
          1L,
          CLUSTER.owner("news").number("SPUBLISH", "news", "foreign"),
          "who hears a foreign one");
    }

    @Test
    void aPatternIsRefusedByItsNameWithWhatToDo() {
      assertFalse(backend.features().has(Feature.EVENT_PATTERNS));
      var refused =
          assertThrows(
              UnsupportedByBackendException.class,
              () ->
                  await(
                      backend
                          .events()
                          .subscribe(ChannelPattern.of("orders.*"), new HeardEvents())));
      assertEquals("EVENT_PATTERNS", refused.feature());
      assertTrue(refused.getMessage().contains("'orders.*'"), refused.getMessage());
      assertTrue(refused.getMessage().contains("events=plain"), refused.getMessage());
    }

    @Test
    void aProcessWithTheOtherModeIsToldSo() {
      publish("news", "e1");
      assertEquals("sharded", CLUSTER.owner("millrace:events").text("GET", "millrace:events"));
      try (Backend plain = Backends.open(CLUSTER.url())) {
        var publishing =
            assertThrows(
                InvalidStateException.class,
                () -> await(plain.events().publish("news", Entry.of("e2", Fields.of("a", 1)))));
        var subscribing =
            assertThrows(
                InvalidStateException.class,
                () ->
                    await(
                        plain
                            .events()
                            .subscribe(ChannelPattern.exactly("news"), new HeardEvents())));
        for (var error : List.of(publishing, subscribing)) {
          String text = error.getMessage();
          assertTrue(text.contains("events=plain") && text.contains("events=sharded"), text);
          assertTrue(text.contains("DEL millrace:events"), text);
        }
      }
    }

    @Test
    void whatIsPublishedBeforeTheModeIsKnownKeepsItsOrder() {
      try (Backend fresh = Backends.open(URL)) {
        HeardEvents heard = listen("early");
        var ids = new ArrayList<String>();
        for (int i = 0; i < 200; i++) {
          ids.add("e" + i);
          var unused = fresh.events().publish("early", Entry.of("e" + i, Fields.of("a", 1)));
        }
        heard.await("e199");
        assertEquals(ids, heard.ids);
      }
    }

    @Test
    void theKeyOfTheModeIsNoLeftover() {
      publish("news", "e1");
      // Other tests leave keys of their own on this cluster.
      assertEquals(
          List.of(),
          await(backend.facet(Housekeeping.class).orElseThrow().leftovers()).stream()
              .filter(left -> left.name().equals("millrace:events"))
              .toList());
    }

    @Test
    void whileASlotMovesItsEventsAreHeardAndAfterItThereIsAGap() {
      HeardEvents heard = listen("moving");
      publish("moving", "before");
      var move = CLUSTER.beginMove("moving", other("moving"));
      publish("moving", "during");
      heard.await("during");
      assertEquals(List.of(), heard.gaps);
      move.end();
      heard.awaitGaps(1);
      publish("moving", "after");
      heard.await("after");
      assertEquals(List.of("before", "during", "after"), heard.ids);
    }

    @Test
    void whileASlotMovesKeptEventsAreKeptWhereTheirStreamIs() {
      String kept = Names.events("archive");
      Backends.declare(backend, kept, "g");
      HeardEvents heard = listen("archive");
      publish("archive", "before");
      RedisServer to = other("archive");
      var move = CLUSTER.beginMove("archive", to);
      publish("archive", "still there");
      move.moveKeys();
      publish("archive", "gone on");
      heard.await("gone on");
      move.end();
      heard.awaitGaps(1);
      publish("archive", "after");
      heard.await("after");
      List<String> all = List.of("before", "still there", "gone on", "after");
      assertEquals(all, heard.ids);
      assertEquals(4L, to.number("XLEN", kept));
    }

    private RedisServer other(String channel) {
      RedisServer owner = CLUSTER.owner(channel);
      return CLUSTER.nodes().stream().filter(node -> node != owner).findFirst().orElseThrow();
    }

    @Test
    void aBrokenConnectionIsAGapAndNothingElse() {
      HeardEvents heard = listen("news");
      publish("news", "before");
      heard.await("before");
      RedisServer owner = CLUSTER.owner("news");
      owner.command("CLIENT", "KILL", "TYPE", "pubsub");
      heard.awaitGaps(1);
      publish("news", "after");
      heard.await("after");
      assertEquals(1, heard.gaps.size());
    }

    @Test
    void whatANodeAnswersThatIsCutOffFromTheOthersDoesNotShortenTheGap() {
      HeardEvents heard = listen("cut-off");
      RedisServer owner = CLUSTER.owner("cut-off");
      List<RedisServer> others = CLUSTER.nodes().stream().filter(node -> node != owner).toList();
      others.forEach(RedisServer::pause);
      Instant cutOff;
      try {
        Awaitility.await()
            .atMost(Duration.ofSeconds(15))
            .until(() -> owner.text("CLUSTER", "INFO").contains("cluster_state:fail"));
        cutOff = Instant.now();
        // Events keep the beats going: two and more of them go by.
        Awaitility.await()
            .pollInterval(Duration.ofMillis(100))
            .until(
                () -> {
                  owner.command("SPUBLISH", "cut-off", "foreign");
                  return Instant.now().isAfter(cutOff.plusMillis(2_500));
                });
        assertTrue(heard.ids.size() > 10, "vacuous: events were not heard");
        owner.command("CLIENT", "KILL", "TYPE", "pubsub");
      } finally {
        others.forEach(RedisServer::resume);
      }
      heard.awaitGaps(1);
      Instant from = heard.gaps.getFirst().from();
      assertTrue(from.isBefore(cutOff), from + " is not before " + cutOff);
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> owner.text("CLUSTER", "INFO").contains("cluster_state:ok"));
    }

    @Test
    void manySubscribeAtOnceAndEachIsHeard() {
      var all = new ArrayList<HeardEvents>();
      var stages = new ArrayList<CompletionStage<AutoCloseable>>();
      for (int i = 0; i < 100; i++) {
        var heard = new HeardEvents();
        all.add(heard);
        stages.add(backend.events().subscribe(ChannelPattern.exactly("at-once." + i % 50), heard));
      }
      stages.forEach(Backends::await);
      for (int i = 0; i < 50; i++) {
        publish("at-once." + i, "e");
      }
      all.forEach(heard -> heard.await("e"));
    }
  }
}
