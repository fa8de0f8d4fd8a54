package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.ReplyStream;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestNotStartedException;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.testkit.LimitedBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class RequestsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final String url = "memory:" + UUID.randomUUID();

  record UserQuery(int id) {}

  record UserInfo(int id, String name) {}

  private Broker broker() {
    return Broker.connect(url, b -> b.stream("task_queue"));
  }

  private Broker server() {
    Broker broker = broker();
    broker.onRequest("GET_USER_INFO", UserQuery.class, query -> new UserInfo(query.id(), "Alice"));
    broker.start();
    return broker;
  }

  @Test
  void requestIsAnsweredByAnotherProcess() {
    try (Broker server = server();
        Broker client = broker()) {
      UserInfo info = client.request("GET_USER_INFO", Map.of("id", 99), UserInfo.class, LONG);
      assertEquals(new UserInfo(99, "Alice"), info);
      assertEquals(State.RUNNING, server.streams().find("broker:server").orElseThrow().state());
    }
  }

  @Test
  void failuresAreTypedErrors() {
    try (Broker server = broker();
        Broker client = broker()) {
      server.onRequest(
          "FAIL",
          Void.class,
          nothing -> {
            throw new RemoteFailedException("NO_SUCH_USER", "there is none");
          });
      server.start();
      var failed =
          assertThrows(
              RemoteFailedException.class, () -> client.request("FAIL", "", String.class, LONG));
      assertEquals("NO_SUCH_USER", failed.code());
      assertEquals("there is none", failed.text());
      assertThrows(
          RequestNotStartedException.class,
          () -> client.request("NO_HANDLER", "", String.class, LONG));
      assertInstanceOf(
          Reply.RemoteError.class,
          client.call("FAIL", "", String.class, LONG, SendOptions.none().id("one")));
    }
  }

  @Test
  void handlersAnswerNothingBeforeTheBrokerIsStartedAndAtOnceAfter() throws Exception {
    try (Broker broker = broker()) {
      broker.onRequest("EARLY", Integer.class, n -> n + 1);
      CompletableFuture<Reply<Integer>> early = broker.callAsync("EARLY", 1, Integer.class, LONG);
      broker.start();
      assertEquals(new Reply.Ok<>(2), early.get());
      broker.prefix("users").onRequest("count", Integer.class, n -> n * 10);
      assertEquals(70, broker.request("users.count", 7, Integer.class, LONG));
    }
  }

  @Test
  void answerInPartsIsReadAsItComes() {
    try (Broker server = broker();
        Broker client = broker()) {
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
      try (ReplyStream<Integer> parts = client.requestParts("COUNT", 3, Integer.class, LONG)) {
        parts.forEachRemaining(read::add);
      }
      assertEquals(List.of(1, 2, 3), read);
    }
  }

  @Test
  void allServersAreAsked() {
    try (Broker one = server();
        Broker two = server();
        Broker client = broker()) {
      List<Reply<UserInfo>> replies =
          client.askAll("GET_USER_INFO", new UserQuery(1), UserInfo.class, 2, LONG);
      Reply<UserInfo> alice = new Reply.Ok<>(new UserInfo(1, "Alice"));
      assertEquals(List.of(alice, alice), replies);
      assertTrue(one.streams().find("broker:server").isPresent());
      assertTrue(two.streams().find("broker:server").isPresent());
    }
  }

  @Test
  void taskMayWaitForARequestThoughAllTaskSlotsAreTaken() {
    try (Broker broker =
        Broker.connect(url, b -> b.stream("s").consumerGroup("g").maxJobs(1).maxRequests(1))) {
      var done = new CompletableFuture<Integer>();
      broker.onRequest("DOUBLE", Integer.class, n -> 2 * n);
      broker.onTask(
          "T", Integer.class, n -> done.complete(broker.request("DOUBLE", n, Integer.class, LONG)));
      broker.start();
      broker.enqueue("T", 21);
      assertEquals(42, done.join());
    }
  }

  @Test
  void clientsAndServersAreComponentsLikeAnyOther() {
    try (StreamManager manager = StreamManager.connect(url, BrokerConfig.builder().build())) {
      RequestServer server = manager.createRequestServer("answers", "s", 3);
      RequestClient client = manager.createRequestClient("asks", "s");
      server.onRequest("T", TypeRef.of(Integer.class), n -> n + 1);
      assertEquals(State.NEW, server.state());
      server.start();
      assertEquals(
          List.of("answers request server {s}:rpc RUNNING", "asks request client {s}:rpc RUNNING"),
          manager.components().stream().map(RequestsTest::line).toList());
      TypeRef<Integer> number = TypeRef.of(Integer.class);
      assertEquals(new Reply.Ok<>(2), client.call("T", 1, number, LONG, SendOptions.none()));
      assertEquals(1, server.info().counts().get("handled"));
      assertEquals(1, client.info().counts().get("ok"));
      server.stop(LONG);
      assertInstanceOf(
          Reply.NotStarted.class,
          client.call("T", 1, number, Duration.ofMillis(50), SendOptions.none()));
      server.start();
      assertEquals(new Reply.Ok<>(2), client.call("T", 1, number, LONG, SendOptions.none()));
      assertThrows(NameTakenException.class, () -> manager.createRequestClient("answers", "s"));
      server.close();
      client.close();
      assertEquals(List.of(), manager.components());
      assertThrows(
          InvalidConfigException.class, () -> manager.createRequestServer("answers", "s", 0));
    }
  }

  private static String line(ComponentInfo info) {
    return String.join(" ", info.name(), info.kind(), info.stream(), info.state().name());
  }

  @Test
  void backendWithoutRequestsIsRefusedByName() {
    try (var whole = Providers.open("memory:", BackendContext.standalone("test"));
        Broker broker = Broker.on(LimitedBackend.kafkaLike(whole), b -> {})) {
      var refused =
          assertThrows(
              UnsupportedByBackendException.class,
              () -> broker.request("T", "x", String.class, LONG));
      assertTrue(refused.getMessage().contains("REQUESTS"), refused::getMessage);
      assertThrows(
          UnsupportedByBackendException.class,
          () -> broker.onRequest("T", String.class, query -> query));
    }
  }

  @Test
  void shutdownLetsHandlersEndWhichMayAskOthersToTheLast() throws Exception {
    var inside = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    try (Broker other = server();
        Broker client = broker()) {
      Broker server = Broker.connect(url, b -> b.stream("front"));
      RequestClient back = server.streams().createRequestClient("back", "task_queue");
      server.onRequest(
          "NAME",
          Integer.class,
          id -> {
            inside.countDown();
            go.await();
            return back.call(
                    "GET_USER_INFO",
                    new UserQuery(id),
                    TypeRef.of(UserInfo.class),
                    LONG,
                    SendOptions.none())
                .orThrow("GET_USER_INFO")
                .name();
          });
      server.start();
      RequestClient front = client.streams().createRequestClient("front", "front");
      CompletableFuture<Reply<String>> call =
          front.callAsync("NAME", 7, TypeRef.of(String.class), LONG, SendOptions.none());
      inside.await();
      var report = new CompletableFuture<DrainReport>();
      Thread.ofVirtual().start(() -> report.complete(server.shutdown(LONG)));
      await()
          .until(
              () ->
                  server.streams().components().stream()
                      .anyMatch(info -> info.state() == State.DRAINING));
      go.countDown();
      assertEquals(new Reply.Ok<>("Alice"), call.get());
      assertTrue(report.get().clean(), () -> report.join().toString());
      assertEquals(State.RUNNING, other.streams().find("broker:server").orElseThrow().state());
    }
  }
}
