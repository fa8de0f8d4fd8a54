package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.testkit.fault.RespProxy;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithRedis(own = true)
class EventBusTest {
  private final RedisServer server;
  private Backend backend;

  EventBusTest(RedisServer server) {
    this.server = server;
  }

  @BeforeEach
  void open() {
    backend = Backends.open(server.url());
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static final class Listener implements EventSink {
    private final List<String> channels = new CopyOnWriteArrayList<>();
    private final List<Entry> events = new CopyOnWriteArrayList<>();
    private final List<Duration> gaps = new CopyOnWriteArrayList<>();

    @Override
    public void event(String channel, Entry event) {
      channels.add(channel);
      events.add(event);
    }

    @Override
    public void gap(Instant from, Instant to) {
      gaps.add(Duration.between(from, to));
    }

    void awaitEvents(int count) {
      Awaitility.await().until(() -> events.size() == count);
    }
  }

  private Listener subscribe(ChannelPattern pattern) {
    var listener = new Listener();
    await(backend.events().subscribe(pattern, listener));
    return listener;
  }

  private void publish(String channel, Entry event) {
    await(backend.events().publish(channel, event));
  }

  @Test
  void deliversInOrderToEveryListener() {
    Listener one = subscribe(ChannelPattern.exactly("users"));
    Listener two = subscribe(ChannelPattern.exactly("users"));
    for (int i = 0; i < 100; i++) {
      publish("users", Entry.of("" + i, Fields.of("n", i)));
    }
    for (Listener listener : List.of(one, two)) {
      listener.awaitEvents(100);
      for (int i = 0; i < 100; i++) {
        assertEquals(Entry.of("" + i, Fields.of("n", i)), listener.events.get(i));
      }
    }
  }

  @Test
  void patternsStopAtDots() {
    Listener star = subscribe(ChannelPattern.of("orders.*"));
    Listener rest = subscribe(ChannelPattern.of("orders.**"));
    Listener exact = subscribe(ChannelPattern.exactly("orders.*"));
    publish("orders.created", Entry.of("1", Fields.of("a", 1)));
    publish("orders.created.eu", Entry.of("2", Fields.of("a", 1)));
    publish("orders.*", Entry.of("3", Fields.of("a", 1)));
    rest.awaitEvents(3);
    star.awaitEvents(2);
    exact.awaitEvents(1);
    assertEquals(List.of("orders.created", "orders.*"), star.channels);
    assertEquals(List.of("orders.*"), exact.channels);
  }

  @Test
  void foreignTextIsThePayload() {
    Listener listener = subscribe(ChannelPattern.exactly("users"));
    server.command("PUBLISH", "users", "{\"name\":\"Alice\"}");
    listener.awaitEvents(1);
    assertEquals("{\"name\":\"Alice\"}", listener.events.getFirst().fields().text("payload"));
    assertTrue(listener.events.getFirst().id().isEmpty());
  }

  @Test
  void unsubscribesWithTheLastListener() throws Exception {
    var listener = new Listener();
    AutoCloseable first = await(backend.events().subscribe(ChannelPattern.exactly("u"), listener));
    AutoCloseable second = await(backend.events().subscribe(ChannelPattern.exactly("u"), listener));
    first.close();
    first.close();
    publish("u", Entry.of("1", Fields.of("a", 1)));
    listener.awaitEvents(1);
    second.close();
    Awaitility.await()
        .until(() -> server.command("PUBSUB", "NUMSUB", "u").equals(List.of("u", 0L)));
    subscribe(ChannelPattern.exactly("u"));
    assertEquals(List.of("u", 1L), server.command("PUBSUB", "NUMSUB", "u"));
  }

  @Test
  void reportsAGapWhenTheSubscriptionIsUpAgain() {
    Listener exact = subscribe(ChannelPattern.exactly("users"));
    Listener pattern = subscribe(ChannelPattern.of("users*"));
    server.command("CLIENT", "KILL", "TYPE", "pubsub");
    for (Listener listener : List.of(exact, pattern)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .untilAsserted(() -> assertEquals(1, listener.gaps.size()));
      assertFalse(listener.gaps.getFirst().isNegative());
    }
    publish("users", Entry.of("1", Fields.of("a", 1)));
    exact.awaitEvents(1);
    pattern.awaitEvents(1);
    assertEquals(1, exact.gaps.size());
  }

  @Test
  void aFaultyListenerHarmsNobody() {
    await(
        backend
            .events()
            .subscribe(
                ChannelPattern.exactly("users"),
                new EventSink() {
                  @Override
                  public void event(String channel, Entry event) {
                    throw new IllegalStateException("on purpose");
                  }

                  @Override
                  public void gap(Instant from, Instant to) {}
                }));
    Listener listener = subscribe(ChannelPattern.exactly("users"));
    publish("users", Entry.of("1", Fields.of("a", 1)));
    publish("users", Entry.of("2", Fields.of("a", 1)));
    listener.awaitEvents(2);
  }

  @Test
  void subscribesAgainThoughTheServerHasRefusedItOnce() {
    try (var proxy = RespProxy.before(server.host(), server.port());
        Backend through = Backends.open(proxy.url())) {
      var exact = new Listener();
      var pattern = new Listener();
      await(through.events().subscribe(ChannelPattern.exactly("users"), exact));
      await(through.events().subscribe(ChannelPattern.of("users*"), pattern));
      var refusals =
          proxy.answer(
              words -> words.getFirst().endsWith("SUBSCRIBE"), "-NOPERM no channel for now", 2);
      server.command("CLIENT", "KILL", "TYPE", "pubsub");
      for (Listener listener : List.of(exact, pattern)) {
        Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> listener.gaps.size() == 1);
      }
      assertEquals(2, refusals.hits(), "vacuous: nothing was refused");
      await(through.events().publish("users", Entry.of("1", Fields.of("a", 1))));
      exact.awaitEvents(1);
      pattern.awaitEvents(1);
    }
  }

  @Test
  void whoUnsubscribesWhileTheConnectionIsGoneIsNotSubscribedAgain() throws Exception {
    try (var proxy = RespProxy.before(server.host(), server.port());
        Backend through = Backends.open(proxy.url())) {
      var stays = new Listener();
      await(through.events().subscribe(ChannelPattern.exactly("stays"), stays));
      AutoCloseable exact =
          await(through.events().subscribe(ChannelPattern.exactly("goes"), new Listener()));
      AutoCloseable pattern =
          await(through.events().subscribe(ChannelPattern.of("goes.*"), new Listener()));
      proxy.refuse();
      proxy.cutAll();
      Awaitility.await()
          .until(() -> server.command("PUBSUB", "NUMSUB", "goes").equals(List.of("goes", 0L)));
      exact.close();
      pattern.close();
      proxy.heal();
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> stays.gaps.size() == 1);
      Awaitility.await()
          .untilAsserted(
              () -> {
                assertEquals(List.of("goes", 0L), server.command("PUBSUB", "NUMSUB", "goes"));
                assertEquals(0L, server.command("PUBSUB", "NUMPAT"));
              });
    }
  }

  @Test
  void nobodyIsSubscribedWhileTheConnectionIsGoneThoughOthersWereBefore() {
    try (var proxy = RespProxy.before(server.host(), server.port());
        Backend through = Backends.open(proxy.url())) {
      var early = new Listener();
      await(through.events().subscribe(ChannelPattern.exactly("users"), early));
      proxy.refuse();
      proxy.cutAll();
      Awaitility.await()
          .until(() -> server.command("PUBSUB", "NUMSUB", "users").equals(List.of("users", 0L)));
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThrows(
                      BackendUnavailableException.class,
                      () ->
                          await(
                              through
                                  .events()
                                  .subscribe(ChannelPattern.exactly("users"), new Listener()))));
      proxy.heal();
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> early.gaps.size() == 1);
    }
  }

  @Test
  void orderIsKeptThoughTheServerForgetsItsScriptsInARestart() {
    Listener before = subscribe(ChannelPattern.exactly("users"));
    publish("users", Entry.of("0", Fields.of("a", 1)));
    before.awaitEvents(1);
    server.restart();
    Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> before.gaps.size() == 1);
    Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> await(backend.health()).up());
    before.events.clear();
    for (int i = 0; i < 200; i++) {
      var unused = backend.events().publish("users", Entry.of("" + i, Fields.of("a", 1)));
    }
    before.awaitEvents(200);
    assertEquals(
        IntStream.range(0, 200).mapToObj(i -> "" + i).toList(),
        before.events.stream().map(each -> each.id().orElseThrow()).toList());
  }

  @Test
  void clustersCarryEventsBetweenNodes(RedisCluster cluster) {
    try (Backend one = Backends.open(cluster.url());
        Backend two = Backends.open(cluster.url())) {
      var listener = new Listener();
      await(one.events().subscribe(ChannelPattern.of("users.*"), listener));
      for (int i = 0; i < 10; i++) {
        await(two.events().publish("users." + i, Entry.of("" + i, Fields.of("a", 1))));
      }
      listener.awaitEvents(10);
    }
  }
}
