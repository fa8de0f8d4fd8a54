package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import dev.millrace.broker.testkit.redis.RedisCluster;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests on a real Redis, looked at with a plain client beside it. */
@WithRedis
class RequestsOnRedisTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration KEPT = Duration.ofSeconds(2);
  private static final TypeRef<Integer> NUMBER = TypeRef.of(Integer.class);

  private RedisServer redis;

  @BeforeEach
  void startRedis() {
    redis = RedisServer.startOwn();
  }

  @AfterEach
  void stopRedis() {
    redis.close();
  }

  private Broker server(int slots) {
    return Broker.connect(redis.url(), b -> b.stream("tasks").maxRequests(slots).resultsKept(KEPT));
  }

  private StreamManager manager() {
    return StreamManager.connect(redis.url(), BrokerConfig.builder().resultsKept(KEPT).build());
  }

  private static List<CompletableFuture<Reply<Integer>>> calls(
      RequestClient client, int first, int last, Duration patience) {
    var calls = new ArrayList<CompletableFuture<Reply<Integer>>>();
    for (int i = first; i <= last; i++) {
      Duration timeout = i % 2 == 0 ? LONG : patience;
      calls.add(client.callAsync("T", i, NUMBER, timeout, SendOptions.none()));
    }
    return calls;
  }

  @Test
  void noReplyOfTenThousandFromTwoProcessesIsCrossedThoughHalfTimeOutAndNothingStays()
      throws Exception {
    int each = 5_000;
    var late = new AtomicInteger();
    try (Broker server = server(4_000);
        StreamManager one = manager();
        StreamManager two = manager()) {
      server.onRequest(
          "T",
          Integer.class,
          n -> {
            // Every other one answers after its caller has given up.
            if (n % 2 == 1 && !new CountDownLatch(1).await(1_500, TimeUnit.MILLISECONDS)) {
              late.incrementAndGet();
            }
            return -n;
          });
      server.start();
      RequestClient first = one.createRequestClient("asks", "tasks");
      RequestClient second = two.createRequestClient("asks", "tasks");
      var calls = new ArrayList<CompletableFuture<Reply<Integer>>>();
      calls.addAll(calls(first, 1, each, Duration.ofMillis(500)));
      calls.addAll(calls(second, each + 1, 2 * each, Duration.ofMillis(500)));
      int answered = 0;
      int over = 0;
      for (int i = 0; i < 2 * each; i++) {
        int n = i + 1;
        Reply<Integer> reply = calls.get(i).get(60, TimeUnit.SECONDS);
        if (n % 2 == 0) {
          assertEquals(new Reply.Ok<>(-n), reply);
          answered++;
        } else {
          assertTrue(
              reply instanceof Reply.Unknown || reply instanceof Reply.NotStarted,
              () -> n + ": " + reply);
          over++;
        }
      }
      assertEquals(each, answered);
      assertEquals(each, over);
      assertTrue(late.get() > 0 || count(first, "not-started") > 0, "half of them timed out");
      assertEquals(0, count(first, "foreign") + count(second, "foreign"));
      assertEquals(0, count(first, "waiting") + count(second, "waiting"));
      await().atMost(LONG).until(() -> redis.number("XLEN", "{tasks}:rpc") == 0);
    }
    await().atMost(LONG).until(() -> ((List<?>) redis.command("KEYS", "{tasks}:*")).isEmpty());
  }

  private static long count(RequestClient client, String what) {
    return client.info().counts().get(what);
  }

  @Test
  void aThousandThatAreCancelledBeforeTheyStartNeverDoAndLeaveNothing() throws Exception {
    Set<Integer> started = ConcurrentHashMap.newKeySet();
    try (StreamManager manager = manager();
        Broker server = server(100)) {
      RequestClient client = manager.createRequestClient("asks", "tasks");
      var calls = new ArrayList<CompletableFuture<Reply<Integer>>>();
      for (int i = 0; i < 1_000; i++) {
        calls.add(client.callAsync("T", i, NUMBER, LONG, SendOptions.none()));
      }
      calls.forEach(call -> call.cancel(true));
      await().atMost(LONG).until(() -> count(client, "waiting") == 0);
      assertEquals(1_000, count(client, "not-started"));
      assertEquals(List.of(), redis.command("KEYS", "{tasks}:call:*"));
      server.onRequest("T", Integer.class, n -> started.add(n) ? n : -1);
      server.start();
      assertEquals(
          new Reply.Ok<>(5_000), client.call("T", 5_000, NUMBER, LONG, SendOptions.none()));
    }
    assertEquals(Set.of(5_000), started);
  }

  @Test
  void whatIsKeptOfARequestExpires() throws Exception {
    try (Broker server = server(5);
        StreamManager manager = manager()) {
      server.onRequest("T", Integer.class, n -> n);
      server.start();
      RequestClient client = manager.createRequestClient("asks", "tasks");
      client.call("T", 1, NUMBER, LONG, SendOptions.none().id("a b{}"));
      String key = "{tasks}:call:rpc/a b{}";
      long left = redis.number("PTTL", key);
      assertTrue(left > 0 && left <= KEPT.toMillis(), () -> "it expires in " + left);
      await().until(() -> redis.number("EXISTS", key) == 0);
      await().until(() -> redis.number("PTTL", "{tasks}:rpc") > Duration.ofMinutes(5).toMillis());
    }
  }

  @Test
  void repliesThatWereMissedWhileTheConnectionBrokeAreFetched() throws Exception {
    var inside = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    try (Broker server = server(5);
        StreamManager manager = manager()) {
      server.onRequest(
          "T",
          Integer.class,
          n -> {
            inside.countDown();
            go.await();
            // Answered in the same moment in which nobody hears: the client's connection is gone.
            redis.command("CLIENT", "KILL", "TYPE", "pubsub");
            return n;
          });
      server.start();
      RequestClient client = manager.createRequestClient("asks", "tasks");
      var call = client.callAsync("T", 7, NUMBER, LONG, SendOptions.none());
      inside.await();
      go.countDown();
      assertEquals(new Reply.Ok<>(7), call.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void streamsOfPartsComeWhole() {
    try (Broker server = server(5);
        Broker client = server(5)) {
      server.onRequest(
          "COUNT",
          Integer.class,
          (Integer to, dev.millrace.broker.api.ReplyParts<Integer> parts) -> {
            for (int i = 1; i <= to; i++) {
              parts.send(i);
            }
          });
      server.start();
      var read = new ArrayList<Integer>();
      client.requestParts("COUNT", 300, Integer.class, LONG).forEachRemaining(read::add);
      assertEquals(300, read.size());
      assertEquals(300, read.getLast());
      assertInstanceOf(Reply.Ok.class, client.askAll("COUNT", 0, Void.class, 1, LONG).getFirst());
    }
  }

  @Test
  void requestIsStartedOnceThoughTheAnswerToItsSubmissionIsLost() {
    startedOnceThoughAReplyIsLost(words -> words.contains("_h:rpc.deadline"));
  }

  @Test
  void requestIsAnsweredOnceThoughItsServerDoesNotLearnSo() {
    startedOnceThoughAReplyIsLost(
        words ->
            words.contains("{tasks}:notes:rpc/servers")
                && words.stream().anyMatch(word -> word.startsWith("{tasks}:call:rpc/")));
  }

  private void startedOnceThoughAReplyIsLost(Predicate<List<String>> command) {
    var started = new AtomicInteger();
    try (var proxy = RespProxy.before(redis.host(), redis.port());
        Broker broker = Broker.connect(proxy.url(), b -> b.stream("tasks"))) {
      broker.onRequest("T", Integer.class, n -> n + started.incrementAndGet());
      broker.start();
      // Once before, so that the server knows the scripts: each is sent once from then on.
      assertEquals(1, broker.request("T", 0, Integer.class, LONG));
      ProxyRule lost = proxy.swallowReply(command, 1);
      assertEquals(9, broker.request("T", 7, Integer.class, LONG));
      await().until(() -> lost.hits() == 1);
      assertEquals(13, broker.request("T", 10, Integer.class, LONG));
      assertEquals(3, started.get());
      await().until(() -> serverCount(broker, "running") == 0);
      assertEquals(0, redis.number("XLEN", "{tasks}:rpc"));
      assertEquals(0, serverCount(broker, "lost"));
      assertEquals(0, serverCount(broker, "unanswered"));
    }
  }

  private static long serverCount(Broker broker, String what) {
    return broker.streams().find("broker:server").orElseThrow().info().counts().get(what);
  }

  @Test
  void requestThatCouldNotBeSentGoesOutWhenTheBackendIsBack() throws Exception {
    try (var proxy = RespProxy.before(redis.host(), redis.port());
        Broker server = server(5);
        Broker client = Broker.connect(proxy.url(), b -> b.stream("tasks"))) {
      server.onRequest("T", Integer.class, n -> n + 1);
      server.start();
      assertEquals(2, client.request("T", 1, Integer.class, LONG));
      proxy.refuse();
      proxy.cutAll();
      assertInstanceOf(
          Reply.NotStarted.class, client.call("T", 1, Integer.class, Duration.ofMillis(300)));
      var call = client.callAsync("T", 2, Integer.class, LONG);
      proxy.heal();
      assertEquals(new Reply.Ok<>(3), call.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void requestsTravelOnAClusterToo(RedisCluster cluster) {
    for (int i = 0; i < 5; i++) {
      String stream = "tasks-" + i;
      try (Broker server = Broker.connect(cluster.url(), b -> b.stream(stream));
          Broker client = Broker.connect(cluster.url(), b -> b.stream(stream))) {
        server.onRequest("T", Integer.class, n -> n + 1);
        server.start();
        assertEquals(2, client.request("T", 1, Integer.class, LONG));
        var call = client.callAsync("T", 2, Integer.class, LONG);
        assertEquals(new Reply.Ok<>(3), call.join());
        assertEquals(1, client.askAll("T", 1, Integer.class, 1, LONG).size());
        assertInstanceOf(Reply.NotStarted.class, client.call("NO", 1, Integer.class, LONG));
      }
    }
  }
}
