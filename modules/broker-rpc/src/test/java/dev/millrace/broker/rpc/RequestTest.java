package dev.millrace.broker.rpc;

import static dev.millrace.broker.rpc.Rig.TEXT;
import static dev.millrace.broker.rpc.Rig.count;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Sink;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(100);

  private final Rig rig = new Rig(Duration.ofMillis(500));

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  private Reply<String> call(RequestClient client, String type, String payload, Duration timeout) {
    return client.call(type, payload, TEXT, timeout, SendOptions.none());
  }

  private static CompletableFuture<Reply<String>> callAsync(RequestClient client, String payload) {
    return client.callAsync("T", payload, TEXT, LONG, SendOptions.none());
  }

  private RequestServer echo(int slots) {
    RequestServer server = rig.server(slots);
    server.onRequest("T", TEXT, query -> "re: " + query);
    server.start();
    return server;
  }

  @Test
  void answerComesBackToItsCaller() {
    echo(5);
    RequestClient client = rig.client();
    assertEquals(new Reply.Ok<>("re: hello"), call(client, "T", "hello", LONG));
    assertEquals(1, count(client, "ok"));
    assertEquals(0, count(client, "waiting"));
  }

  @Test
  void handlerSeesTheRequestWithItsHeaders() {
    RequestServer server = rig.server(1);
    server.onRequest(
        "T", TypeRef.of(Message.class), message -> message.headers().get("traceparent"));
    server.start();
    assertEquals(
        new Reply.Ok<>("00-1"),
        rig.client().call("T", "x", TEXT, LONG, SendOptions.none().header("traceparent", "00-1")));
  }

  @Test
  void requestThatNoServerTakesIsNotStartedAndNeverWillBe() {
    RequestClient client = rig.client();
    Reply<String> reply = call(client, "T", "x", SHORT);
    assertEquals(
        new Reply.NotStarted<>("its time of PT0.1S was over before a server took it"), reply);
    var started = new AtomicInteger();
    RequestServer server = rig.server(5);
    server.onRequest("T", TEXT, query -> "n" + started.incrementAndGet());
    server.start();
    assertEquals(new Reply.Ok<>("n1"), call(client, "T", "y", LONG));
  }

  @Test
  void handlerThatTakesLongerThanItsCallerWaitsLeavesItsAnswerForTheSameId() throws Exception {
    var go = new CountDownLatch(1);
    var starts = new AtomicInteger();
    RequestServer server = rig.server(1);
    server.onRequest(
        "T",
        TEXT,
        query -> {
          starts.incrementAndGet();
          go.await();
          return "done";
        });
    server.start();
    RequestClient client = rig.client();
    SendOptions same = SendOptions.none().id("order-7");
    Duration begun = Duration.ofSeconds(1);
    assertInstanceOf(Reply.Unknown.class, client.call("T", "x", TEXT, begun, same));
    CompletableFuture<Reply<String>> again = client.callAsync("T", "x", TEXT, LONG, same);
    go.countDown();
    assertEquals(new Reply.Ok<>("done"), again.get());
    assertEquals(new Reply.Ok<>("done"), rig.client().call("T", "x", TEXT, LONG, same));
    assertEquals(1, starts.get());
  }

  @Test
  void errorOfAHandlerIsACodeAndBoundedInertText() {
    RequestServer server = rig.server(5);
    server.onRequest(
        "PLAIN",
        TEXT,
        query -> {
          throw new IllegalStateException("line\nbreak " + "x".repeat(5_000));
        });
    server.onRequest(
        "CODE",
        TEXT,
        query -> {
          throw new RemoteFailedException("NOT_FOUND", "no such user");
        });
    server.onRequest("NULL", TEXT, query -> null);
    server.onRequest("LARGE", TEXT, query -> "x".repeat(20_000));
    server.start();
    RequestClient client = rig.client();
    var plain = assertInstanceOf(Reply.RemoteError.class, call(client, "PLAIN", "x", LONG));
    assertEquals("FAILED", plain.code());
    assertEquals(Replies.LONGEST_TEXT, plain.text().codePointCount(0, plain.text().length()));
    assertTrue(plain.text().startsWith("line\\u000abreak x"), plain::text);
    Reply<String> code = call(client, "CODE", "x", LONG);
    assertEquals(new Reply.RemoteError<>("NOT_FOUND", "no such user"), code);
    assertEquals(
        "NOT_FOUND", assertThrows(RemoteFailedException.class, () -> code.orThrow("T")).code());
    for (String type : List.of("NULL", "LARGE")) {
      var bad = assertInstanceOf(Reply.RemoteError.class, call(client, type, "x", LONG));
      assertEquals("BAD_ANSWER", bad.code());
    }
  }

  @Test
  void forgedErrorIsInertTextAndForeignRepliesAreDropped() throws Exception {
    var inboxes = new LinkedBlockingQueue<Message>();
    RequestServer server = rig.server(1);
    server.onRequest(
        "T",
        TypeRef.of(Message.class),
        message -> {
          inboxes.add(message);
          new CountDownLatch(1).await();
          return "never";
        });
    server.start();
    RequestClient client = rig.client();
    CompletableFuture<Reply<String>> call = callAsync(client, "x");
    Message taken = inboxes.take();
    String inbox = taken.headers().get(Requests.INBOX);
    Backend forger = rig.backend();
    var replies = forger.facet(ReplyInbox.class).orElseThrow();
    String gadget = "org.springframework.context.support.ClassPathXmlApplicationContext";
    Map<String, String> headers = Map.of("code", gadget, "text", gadget + "\r\nforged: line");
    for (String type : List.of("gadget", "error")) {
      for (String id : List.of("nobody", taken.id())) {
        replies.reply(inbox, new Entry(id, type, null, headers, Fields.of("a", "b")));
      }
    }
    assertEquals(
        new Reply.RemoteError<>(
            gadget.substring(0, Replies.LONGEST_CODE - 1) + "…",
            gadget + "\\u000d\\u000aforged: line"),
        call.get());
    assertEquals(2, count(client, "foreign"));
    assertEquals(1, count(client, "late"));
  }

  @Test
  void cancelledWhileItWaitsItNeverStarts() throws Exception {
    RequestClient client = rig.client();
    CompletableFuture<Reply<String>> call = callAsync(client, "x");
    call.cancel(true);
    await().until(() -> count(client, "not-started") == 1);
    var started = new LinkedBlockingQueue<String>();
    RequestServer server = rig.server(5);
    server.onRequest("T", TEXT, query -> started.add(query) ? "ok" : "full");
    server.start();
    assertEquals(new Reply.Ok<>("ok"), call(client, "T", "second", LONG));
    assertEquals(List.of("second"), List.copyOf(started));
  }

  @Test
  void aThousandThatAreCancelledBeforeTheyStartNeverDo() {
    RequestClient client = rig.client();
    var calls = new java.util.ArrayList<CompletableFuture<Reply<String>>>();
    for (int i = 0; i < 1_000; i++) {
      calls.add(callAsync(client, "cancelled"));
    }
    calls.forEach(call -> call.cancel(true));
    var started = new LinkedBlockingQueue<String>();
    RequestServer server = rig.server(100);
    server.onRequest("T", TEXT, query -> started.add(query) ? "ok" : "full");
    await().until(() -> count(client, "not-started") == 1_000);
    server.start();
    assertEquals(new Reply.Ok<>("ok"), call(client, "T", "wanted", LONG));
    assertEquals(List.of("wanted"), List.copyOf(started));
  }

  @Test
  void cancellingInterruptsTheHandler() throws Exception {
    var inside = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    RequestServer server = rig.server(1);
    server.onRequest(
        "T",
        TEXT,
        query -> {
          inside.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException cancelled) {
            interrupted.countDown();
            throw cancelled;
          }
          return "never";
        });
    server.start();
    RequestClient client = rig.client();
    SendOptions same = SendOptions.none().id("c-1");
    CompletableFuture<Reply<String>> call = client.callAsync("T", "x", TEXT, LONG, same);
    inside.await();
    call.cancel(true);
    assertTrue(interrupted.await(20, TimeUnit.SECONDS), "it was not interrupted");
    assertEquals(
        "CANCELLED",
        assertInstanceOf(Reply.RemoteError.class, client.call("T", "x", TEXT, LONG, same)).code());
  }

  @Test
  void interruptedCallerCancels() throws Exception {
    RequestClient client = rig.client();
    var result = new CompletableFuture<Reply<String>>();
    Thread caller = Thread.ofVirtual().start(() -> result.complete(call(client, "T", "x", LONG)));
    await().until(() -> count(client, "waiting") == 1);
    caller.interrupt();
    assertInstanceOf(Reply.Unknown.class, result.get());
    await().until(() -> count(client, "not-started") == 1);
  }

  @Test
  void requestOfAServerThatDiedOverItIsNotStartedAgainAndItsCallerIsTold() throws Exception {
    Backend dying = rig.backend();
    var taken = new CountDownLatch(1);
    GroupReader dead = takesAndDies(dying, taken);
    RequestClient client = rig.client();
    SendOptions same = SendOptions.none().id("effect-1");
    CompletableFuture<Reply<String>> call = client.callAsync("T", "x", TEXT, LONG, same);
    taken.await();
    dead.stopReading();
    RequestServer server = rig.server(1);
    var starts = new AtomicInteger();
    server.onRequest("T", TEXT, query -> "start " + starts.incrementAndGet());
    server.start();
    var unknown = assertInstanceOf(Reply.Unknown.class, call.get());
    assertEquals("the server that may have begun it died over it or lost it", unknown.reason());
    assertEquals(unknown, client.call("T", "x", TEXT, LONG, same));
    assertEquals(0, starts.get());
  }

  private GroupReader takesAndDies(Backend backend, CountDownLatch taken) {
    var reader =
        backend
            .log()
            .open(
                new GroupRef(Names.requests(Rig.STREAM), "servers"),
                new ReaderSpec(
                    "dying",
                    StartPosition.beginning(),
                    1,
                    Duration.ofSeconds(1),
                    Duration.ofMillis(300),
                    true),
                new Sink() {
                  @Override
                  public void deliver(List<Received> batch) {
                    taken.countDown();
                  }

                  @Override
                  public void recreated(Position from) {
                    throw new AssertionError("nothing vanishes here");
                  }

                  @Override
                  public void failed(Throwable error) {
                    throw new AssertionError(error);
                  }
                });
    reader.request(1);
    return reader;
  }

  @Test
  void requestWhoseTimeIsOverIsNotStartedThoughItsCallerTookNothingBack() {
    Backend caller = rig.backend();
    var heard = new LinkedBlockingQueue<Entry>();
    String inbox =
        caller
            .facet(ReplyInbox.class)
            .orElseThrow()
            .open(
                new EventSink() {
                  @Override
                  public void event(String channel, Entry reply) {
                    heard.add(reply);
                  }

                  @Override
                  public void gap(Instant from, Instant to) {}
                })
            .toCompletableFuture()
            .join()
            .address();
    Instant submitted = Instant.now();
    var request = new Entry("late", "T", null, Map.of(), Fields.of("payload", "x"));
    caller
        .facet(Requests.class)
        .orElseThrow()
        .submit(
            new GroupRef(Names.requests(Rig.STREAM), "servers"),
            request,
            new Requests.Terms(inbox, SHORT, LONG))
        .toCompletableFuture()
        .join();
    await().until(() -> Instant.now().isAfter(submitted.plus(SHORT).plusMillis(50)));
    RequestServer server = echo(1);
    await().until(() -> heard.size() == 1);
    assertEquals(
        new Reply.NotStarted<>("its time was over before a server could begin it"),
        Replies.read(heard.element()));
    assertEquals(1, count(server, "expired"));
    assertEquals(0, count(server, "handled"));
  }

  @Test
  void handlerThatTakesManyLeasesKeepsItsRequest() throws Exception {
    var begun = new CountDownLatch(1);
    RequestServer server = rig.server(1);
    server.onRequest(
        "T",
        TEXT,
        query -> {
          begun.countDown();
          await().during(Duration.ofSeconds(2)).atMost(LONG).until(() -> true);
          return "done";
        });
    server.start();
    var reply = rig.client().callAsync("T", "x", TEXT, LONG, SendOptions.none());
    begun.await();
    echo(5);
    assertEquals(new Reply.Ok<>("done"), reply.get());
  }

  @Test
  void typeWithoutAHandlerIsNotStarted() {
    echo(1);
    assertEquals(
        new Reply.NotStarted<>("the server that took it has no handler for 'OTHER'"),
        call(rig.client(), "OTHER", "x", LONG));
  }

  @Test
  void noMoreRunAtOnceThanThereAreSlots() throws Exception {
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    RequestServer server = rig.server(3);
    server.onRequest(
        "T",
        TEXT,
        query -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          Thread.yield();
          running.decrementAndGet();
          return "ok";
        });
    server.start();
    RequestClient client = rig.client();
    var calls = new java.util.ArrayList<CompletableFuture<Reply<String>>>();
    for (int i = 0; i < 200; i++) {
      calls.add(callAsync(client, "x"));
    }
    for (CompletableFuture<Reply<String>> call : calls) {
      assertEquals(new Reply.Ok<>("ok"), call.get());
    }
    assertTrue(most.get() <= 3, () -> most + " ran at once");
  }

  @Test
  void timeoutsAreCheckedAndSaidSo() {
    RequestClient client = rig.client();
    for (Duration wrong : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(2))) {
      var fault = assertThrows(InvalidConfigException.class, () -> call(client, "T", "x", wrong));
      assertTrue(
          fault.getMessage().contains("timeout is " + wrong + "; it goes from PT0.001S to PT24H"),
          fault::getMessage);
    }
    assertThrows(InvalidConfigException.class, () -> call(client, "", "x", LONG));
  }

  @Test
  void typeHasOneHandler() {
    RequestServer server = echo(1);
    assertThrows(NameTakenException.class, () -> server.onRequest("T", TEXT, query -> "second"));
  }

  @Test
  void stopLetsHandlersEndAndTakesNothingMore() throws Exception {
    var inside = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    RequestServer server = rig.server(1);
    server.onRequest(
        "T",
        TEXT,
        query -> {
          inside.countDown();
          go.await();
          return "done";
        });
    server.start();
    RequestClient client = rig.client();
    CompletableFuture<Reply<String>> call = callAsync(client, "x");
    inside.await();
    var report = new CompletableFuture<DrainReport>();
    Thread.ofVirtual().start(() -> report.complete(server.stop(LONG)));
    await().until(() -> server.state() == State.DRAINING);
    go.countDown();
    assertEquals(new Reply.Ok<>("done"), call.get());
    assertEquals(1, report.get().finished());
    assertTrue(report.get().clean(), () -> report.join().toString());
    assertInstanceOf(Reply.NotStarted.class, call(client, "T", "late", SHORT));
  }

  @Test
  void handlersThatOutlastTheDeadlineAreInterruptedAndTheirCallersTold() throws Exception {
    var inside = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    RequestServer server = rig.server(2);
    server.onRequest(
        "STUBBORN",
        TEXT,
        query -> {
          inside.countDown();
          var go = new CountDownLatch(1);
          while (true) {
            try {
              go.await();
            } catch (InterruptedException ignored) {
              interrupted.countDown();
            }
          }
        });
    server.start();
    RequestClient client = rig.client();
    CompletableFuture<Reply<String>> call =
        client.callAsync("STUBBORN", "x", TEXT, LONG, SendOptions.none());
    inside.await();
    assertEquals(1, server.stop(SHORT).cutOff());
    assertEquals(new Reply.Unknown<>("its server was stopped while it ran"), call.get());
    assertTrue(interrupted.await(LONG.toSeconds(), TimeUnit.SECONDS), "it was not interrupted");
  }

  @Test
  void stoppedClientEndsItsCallsAndTakesNoMore() throws Exception {
    RequestClient client = rig.client();
    CompletableFuture<Reply<String>> call = callAsync(client, "x");
    assertEquals(1, client.stop(SHORT).cutOff());
    assertEquals(
        new Reply.NotStarted<>("the client was stopped before a server took it"), call.get());
    assertThrows(InvalidStateException.class, () -> call(client, "T", "x", LONG));
    client.start();
    echo(1);
    assertEquals(new Reply.Ok<>("re: x"), call(client, "T", "x", LONG));
  }

  @Test
  void allServersAreAskedAndAnswerUntilEnoughHave() {
    for (int i = 1; i <= 3; i++) {
      String name = "server " + i;
      RequestServer server = rig.server(1);
      server.onRequest("WHO", TEXT, query -> name);
      server.start();
    }
    echo(1);
    RequestClient client = rig.client();
    List<Reply<String>> all = client.askAll("WHO", "are you", TEXT, 3, LONG, SendOptions.none());
    assertEquals(
        List.of("server 1", "server 2", "server 3"),
        all.stream().map(reply -> reply.orThrow("WHO")).sorted().toList());
    assertEquals(
        3, client.askAll("WHO", "x", TEXT, 9, Duration.ofSeconds(1), SendOptions.none()).size());
    assertEquals(1, client.askAll("WHO", "x", TEXT, 1, LONG, SendOptions.none()).size());
    assertEquals(List.of(), client.askAll("NO", "x", TEXT, 1, SHORT, SendOptions.none()));
    assertFalse(
        rig.backend()
                .log()
                .describe(Names.requests(Rig.STREAM))
                .toCompletableFuture()
                .join()
                .length()
            > 0);
  }

  /** No text can be had of it, and none of what it throws then. */
  private static final class Unspeakable extends Error {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new Unspeakable();
    }
  }

  private RequestServer oneSlotForTheUnspeakable() {
    RequestServer server = rig.server(1);
    server.onRequest(
        "BAD",
        TEXT,
        query -> {
          throw new Unspeakable();
        });
    server.onRequest("T", TEXT, query -> "re: " + query);
    server.start();
    return server;
  }

  @Test
  void errorThatComesOfTheErrorOfAHandlerTakesNoSlotForGood() {
    RequestServer server = oneSlotForTheUnspeakable();
    RequestClient client = rig.client();
    CompletableFuture<Reply<String>> bad =
        client.callAsync("BAD", "x", TEXT, LONG, SendOptions.none());
    assertEquals(new Reply.Ok<>("re: hello"), call(client, "T", "hello", LONG));
    assertInstanceOf(Reply.Unknown.class, bad.join());
    await().until(() -> count(server, "running") == 0);
  }

  @Test
  void norDoesItWhereAllServersWereAsked() {
    RequestServer server = oneSlotForTheUnspeakable();
    RequestClient client = rig.client();
    assertEquals(List.of(), client.askAll("BAD", "x", TEXT, 1, SHORT, SendOptions.none()));
    await().until(() -> count(server, "running") == 0);
    assertEquals(
        List.of(new Reply.Ok<>("re: hello")),
        client.askAll("T", "hello", TEXT, 1, LONG, SendOptions.none()));
  }

  @Test
  void oneOfTwoCallersThatCancelsLeavesTheRequestToTheOther() throws Exception {
    var begun = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    RequestServer server = rig.server(1);
    server.onRequest(
        "T",
        TEXT,
        query -> {
          begun.countDown();
          go.await();
          return "done";
        });
    server.start();
    SendOptions same = SendOptions.none().id("order-9");
    RequestClient one = rig.client();
    RequestClient other = rig.client();
    CompletableFuture<Reply<String>> mine = one.callAsync("T", "x", TEXT, LONG, same);
    begun.await();
    CompletableFuture<Reply<String>> theirs = other.callAsync("T", "x", TEXT, LONG, same);
    assertTrue(mine.cancel(true));
    await().until(() -> one.info().counts().get("unknown") == 1);
    go.countDown();
    assertEquals(new Reply.Ok<>("done"), theirs.get());
  }

  @Test
  void serverThatDrainsStillHearsThatACallWasCancelled() throws Exception {
    var begun = new CountDownLatch(1);
    RequestServer server = rig.server(1);
    server.onRequest(
        "T",
        TEXT,
        query -> {
          begun.countDown();
          new CountDownLatch(1).await();
          return "never";
        });
    server.start();
    var call = rig.client().callAsync("T", "x", TEXT, LONG, SendOptions.none());
    begun.await();
    var stopped = CompletableFuture.supplyAsync(() -> server.stop(LONG.multipliedBy(4)));
    await().until(() -> server.state() == Component.State.DRAINING);
    call.cancel(true);
    assertEquals(0, stopped.get(LONG.toSeconds(), TimeUnit.SECONDS).cutOff());
  }

  @Test
  void answerOfOneServerThatDoesNotFitTakesNothingFromTheOthers() {
    for (Object answer : List.of(7, "no number")) {
      RequestServer server = rig.server(1);
      server.onRequest("HOW_MANY", TEXT, query -> answer);
      server.start();
    }
    List<Reply<Integer>> all =
        rig.client()
            .askAll("HOW_MANY", "x", TypeRef.of(Integer.class), 2, LONG, SendOptions.none());
    assertEquals(2, all.size());
    assertTrue(all.contains(new Reply.Ok<>(7)), all::toString);
    assertTrue(
        all.stream().anyMatch(reply -> reply instanceof Reply.RemoteError<Integer>), all::toString);
  }
}
