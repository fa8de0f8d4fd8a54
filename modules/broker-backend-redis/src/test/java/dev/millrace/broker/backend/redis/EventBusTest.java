package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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
