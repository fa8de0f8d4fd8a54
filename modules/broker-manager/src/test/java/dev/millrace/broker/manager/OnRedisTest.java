package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The product on a real Redis, looked at with a plain client beside it. */
class OnRedisTest {
  private static RedisServer redis;

  @BeforeAll
  static void startRedis() {
    redis = RedisServer.startOwn();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @Test
  void anEntryOfAForeignClientReachesAHandlerAsAMap() throws Exception {
    var handled = new LinkedBlockingQueue<Message>();
    try (var manager = StreamManager.connect(redis.url())) {
      manager.createConsumer("c", "my_stream", handled::add);
      String position = redis.text("XADD", "my_stream", "*", "user_id", "7", "action", "login");
      Message message = handled.poll(10, TimeUnit.SECONDS);
      assertEquals(Map.of("user_id", "7", "action", "login"), message.fields().asMap());
      assertEquals(position, message.id());
      assertEquals(position, message.position());
    }
  }

  @Test
  void aDurableSubscriptionMissesNothingThatAnotherPublishesOnceItHasStarted() {
    var heard = ConcurrentHashMap.newKeySet();
    try (var listening = StreamManager.connect(redis.url());
        var publishing = StreamManager.connect(redis.url())) {
      for (int i = 0; i < 100; i++) {
        String channel = "kept-" + i;
        // So that the stream is there, and its end is not its beginning.
        listening.createSubscription(
            "other-" + i, SubscriptionConfig.channel(channel).durable("other").build(), e -> {});
        publishing.publish(channel, "before", SendOptions.none());
        listening.createSubscription(
            "s-" + i,
            SubscriptionConfig.channel(channel).durable("mail").build(),
            event -> heard.add(channel + event.as(String.class)));
        publishing.publish(channel, "after", SendOptions.none());
      }
      await().until(() -> heard.size() >= 100);
      assertEquals(
          Set.of(),
          heard.stream()
              .filter(text -> !text.toString().endsWith("after"))
              .collect(java.util.stream.Collectors.toSet()));
    }
  }

  @Test
  void aDurableNameThatIsForgottenLeavesNothingOnTheServer() {
    String channel = "forgotten";
    try (var manager = StreamManager.connect(redis.url())) {
      var mail = SubscriptionConfig.channel(channel).durable("mail").build();
      manager.createSubscription("s", mail, e -> {});
      manager.publish(channel, "one", SendOptions.none());
      await()
          .until(
              () ->
                  manager.durableNames().stream().anyMatch(name -> name.waiting().orElse(1) == 0));
      assertThrows(InvalidStateException.class, () -> manager.forgetDurable(channel, "mail"));
      manager.removeComponent("s");
      assertTrue(manager.forgetDurable(channel, "mail"));
      manager.publish(channel, "two", SendOptions.none());
      assertEquals(List.of(), redis.command("KEYS", "{forgotten}*"));
    }
  }

  @Test
  void anEventThatWaitsToBeTriedAgainIsNotHandled() {
    ParkedEvents.areTold(redis.url(), "parked");
  }

  @Test
  void whatIsEnqueuedReadsWellInRedis() {
    try (var broker = Broker.connect(redis.url(), b -> b.stream("readable"))) {
      String id = broker.enqueue("NEW_ORDER", Map.of("id", "ORD-12345")).id();
      var entries = (List<?>) redis.command("XRANGE", "readable", "-", "+");
      var fields = (List<?>) ((List<?>) entries.getFirst()).get(1);
      assertEquals(
          List.of("_type", "NEW_ORDER", "payload", "{\"id\":\"ORD-12345\"}", "_id", id),
          fields.stream().map(Object::toString).toList());
      assertEquals(1, redis.number("XLEN", "readable"));
    }
  }

  @Test
  void nothingStaysPendingOnceItIsHandled() {
    var handled = new ConcurrentLinkedQueue<String>();
    try (var broker =
        Broker.connect(redis.url(), b -> b.stream("acked").consumerGroup("main_group"))) {
      broker.onTask("T", Integer.class, n -> handled.add(n.toString()));
      broker.start();
      broker.enqueueAll("T", java.util.stream.IntStream.range(0, 5_000).boxed().toList());
      await().until(() -> handled.size() == 5_000);
      await()
          .until(
              () ->
                  ((List<?>) redis.command("XPENDING", "acked", "main_group"))
                      .getFirst()
                      .equals(0L));
    }
  }

  @Test
  void processesOfOneGroupShareTheWork() {
    var byFirst = ConcurrentHashMap.<Integer>newKeySet();
    var bySecond = ConcurrentHashMap.<Integer>newKeySet();
    try (var first = worker("shared", byFirst);
        var second = worker("shared", bySecond);
        var client = Broker.connect(redis.url(), b -> b.stream("shared"))) {
      first.start();
      second.start();
      client.enqueueAll("T", java.util.stream.IntStream.range(0, 20_000).boxed().toList());
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> byFirst.size() + bySecond.size() >= 20_000);
      var both = new HashSet<>(byFirst);
      both.retainAll(bySecond);
      assertEquals(Set.of(), both);
      assertFalse(byFirst.isEmpty());
      assertFalse(bySecond.isEmpty());
    }
  }

  private static Broker worker(String stream, Set<Integer> handled) {
    Broker broker = Broker.connect(redis.url(), b -> b.stream(stream).consumerGroup("g"));
    broker.onTask("T", Integer.class, handled::add);
    return broker;
  }

  @Test
  void aHundredIdleConsumersCostNextToNothing() {
    try (var server = RedisServer.startOwn();
        var manager = StreamManager.connect(server.url())) {
      for (int i = 0; i < 100; i++) {
        manager.createConsumer("c" + i, "idle" + i, (Message message) -> {});
      }
      await().until(() -> server.number("EXISTS", "idle99") == 1);
      // Readers settle into their waits within a few rounds; then one minute's worth of rate is
      // read off ten seconds.
      var window = new Window(server);
      let(Duration.ofSeconds(3));
      window.begin();
      let(Duration.ofSeconds(10));
      assertTrue(window.readsPerSecond() <= 1, "reads a second: " + window.readsPerSecond());
      long connections =
          server.text("CLIENT", "LIST").lines().filter(line -> line.contains("lib-name=")).count();
      assertTrue(connections - 1 <= 6, "connections: " + (connections - 1));
    }
  }

  /** Real time has to pass for a rate to be read off. */
  private static void let(Duration pass) {
    await().pollDelay(pass).atMost(pass.plusSeconds(5)).until(() -> true);
  }

  /** Counts read commands from one moment on. */
  private static final class Window {
    private final RedisServer server;
    private long reads;
    private Instant since = Instant.EPOCH;

    Window(RedisServer server) {
      this.server = server;
    }

    void begin() {
      reads = reads();
      since = Instant.now();
    }

    double readsPerSecond() {
      return (reads() - reads) * 1000.0 / Duration.between(since, Instant.now()).toMillis();
    }

    private long reads() {
      return server
          .text("INFO", "commandstats")
          .lines()
          .filter(line -> line.startsWith("cmdstat_xread"))
          .mapToLong(line -> Long.parseLong(line.replaceAll(".*calls=(\\d+).*", "$1")))
          .sum();
    }
  }

  @Test
  void aDeadRedisAtStartIsOneTypedErrorAtOnce() {
    var server = RedisServer.startOwn();
    server.kill();
    String url = server.url().replace("redis://", "redis://user:hunter2@");
    Instant begun = Instant.now();
    var error = assertThrows(BackendUnavailableException.class, () -> Broker.connect(url));
    assertTrue(Duration.between(begun, Instant.now()).toSeconds() < 10);
    assertTrue(error.getMessage().contains(Integer.toString(server.port())), error.getMessage());
    assertFalse(error.getMessage().contains("hunter2"), error.getMessage());
    server.close();
  }

  /**
   * Fault: Redis is killed and restarted under a producer and a worker, twice. Heal: it restarts
   * from its log, in which every answered write is. Invariant: whatever was accepted is handled,
   * unaided.
   */
  @Test
  void nothingAcceptedIsLostWhenRedisDiesUnderAWorker() throws Exception {
    Set<String> accepted = ConcurrentHashMap.newKeySet();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    var refused = new CopyOnWriteArrayList<BrokerException>();
    try (var server = RedisServer.startOwn("--appendonly", "yes", "--appendfsync", "always");
        var manager =
            StreamManager.connect(
                server.url(),
                BrokerConfig.builder().shutdownDeadline(Duration.ofSeconds(2)).build())) {
      var producer = manager.createSimpleProducer("p", "orders");
      var config =
          dev.millrace.broker.api.ConsumerConfig.builder("orders")
              .lease(Duration.ofSeconds(2))
              .build();
      manager.createConsumer(
          "c",
          config,
          (Message message) -> {
            handled.add(message.id());
          });
      var sending = new java.util.concurrent.atomic.AtomicBoolean(true);
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                for (int n = 0; sending.get(); n++) {
                  try {
                    accepted.add(producer.send(Fields.of("n", n)).id());
                  } catch (BrokerException typed) {
                    refused.add(typed);
                    java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
                  }
                }
              });
      for (int round = 0; round < 2; round++) {
        int before = handled.size();
        await().atMost(Duration.ofSeconds(30)).until(() -> handled.size() > before + 200);
        server.kill();
        int errors = refused.size();
        await().atMost(Duration.ofSeconds(30)).until(() -> refused.size() > errors);
        server.start();
      }
      int before = handled.size();
      await().atMost(Duration.ofSeconds(30)).until(() -> handled.size() > before + 200);
      sending.set(false);
      sender.join();
      await().atMost(Duration.ofSeconds(30)).until(() -> handled.containsAll(accepted));
      assertTrue(refused.size() > 0, "the fault had no effect");
    }
  }
}
