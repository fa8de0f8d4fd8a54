package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.HandleInterceptor;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.ReplyParts;
import dev.millrace.broker.api.ReplyStream;
import dev.millrace.broker.api.RequestNotStartedException;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendInterceptor;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendRefusedException;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.Sending;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InterceptorsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final String url = "memory:" + UUID.randomUUID();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final List<Broker> open = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    open.forEach(broker -> broker.shutdown(Duration.ZERO));
  }

  private Broker broker(java.util.function.Consumer<BrokerConfig.Builder> settings) {
    Broker broker =
        Broker.connect(
            url,
            b -> {
              b.stream("tasks")
                  .retry(
                      RetryPolicy.builder()
                          .maxAttempts(3)
                          .firstDelay(Duration.ofMillis(5))
                          .build());
              settings.accept(b);
            });
    open.add(broker);
    return broker;
  }

  private Broker sending(SendInterceptor interceptor) {
    return broker(b -> b.interceptSend(interceptor));
  }

  private Broker handling(HandleInterceptor interceptor) {
    return broker(b -> b.interceptHandle(interceptor));
  }

  private void note(Sending sending) {
    seen.add(sending.kind() + " " + sending.destination() + " " + sending.type().orElse("-"));
  }

  private void answers(Broker broker) {
    broker.onRequest("ASK", Integer.class, n -> n + 1);
    broker.onRequest(
        "COUNT",
        Integer.class,
        (Integer to, ReplyParts<Integer> parts) -> {
          for (int i = 1; i <= to; i++) {
            parts.send(i);
          }
        });
    broker.start();
  }

  private static List<Integer> read(ReplyStream<Integer> parts) {
    var all = new java.util.ArrayList<Integer>();
    try (parts) {
      parts.forEachRemaining(all::add);
    }
    return all;
  }

  // ---- sending

  @Test
  void allFormsOfSendingPassTheInterceptor() {
    Broker broker = sending(this::note);
    broker.enqueue("A", 1);
    broker.enqueueAsync("B", 1).join();
    broker.enqueueAll("C", List.of(1, 2));
    broker.streams().createSimpleProducer("p", "logs").send(Fields.of("n", 1));
    broker.streams().producer("p").sendAsync(Fields.of("n", 1)).join();
    broker.streams().producer("p").sendAll(List.of(Fields.of("n", 1)));
    broker.streams().createBackupProducer("q", "orders").sendPayload("D", 1);
    broker.publish("c", 1);
    broker.publishAsync("c", 1).join();
    assertEquals(
        List.of(
            "TASK tasks A",
            "TASK tasks B",
            "TASK tasks C",
            "TASK tasks C",
            "TASK logs -",
            "TASK logs -",
            "TASK logs -",
            "TASK orders D",
            "EVENT c c",
            "EVENT c c"),
        seen);
  }

  @Test
  void allFormsOfAskingPassTheInterceptor() {
    Broker broker = sending(this::note);
    answers(broker);
    assertEquals(2, broker.request("ASK", 1, Integer.class, LONG));
    assertEquals(new Reply.Ok<>(3), broker.callAsync("ASK", 2, Integer.class, LONG).join());
    assertEquals(List.of(1, 2), read(broker.requestParts("COUNT", 2, Integer.class, LONG)));
    assertEquals(List.of(new Reply.Ok<>(4)), broker.askAll("ASK", 3, Integer.class, 1, LONG));
    String place = "REQUEST {tasks}:rpc ";
    assertEquals(List.of(place + "ASK", place + "ASK", place + "COUNT", place + "ASK"), seen);
  }

  @Test
  void interceptorSeesWhatTheCallerGave() {
    var last = new AtomicReference<Sending>();
    Broker broker = sending(last::set);
    var payload = Map.of("id", 7);
    broker.enqueue("A", payload, SendOptions.none().id("mine").key("k").header("a", "1"));
    assertSame(payload, last.get().payload());
    assertEquals(Optional.of("mine"), last.get().id());
    assertEquals(Optional.of("k"), last.get().key());
    assertEquals(Map.of("a", "1"), last.get().headers());
    Fields fields = Fields.of("n", 1);
    broker.streams().createSimpleProducer("p", "logs").send(fields);
    assertSame(fields, last.get().payload());
  }

  @Test
  void idIsKnownAtTheEnd() {
    var ids = new CopyOnWriteArrayList<Optional<String>>();
    Broker broker =
        sending(
            sending -> {
              ids.add(sending.id());
              sending.onEnd(error -> ids.add(sending.id()));
            });
    SendResult sent = broker.enqueue("A", 1);
    assertEquals(List.of(Optional.empty(), Optional.of(sent.id())), ids);
    SendResult later = broker.enqueueAsync("A", 1).join();
    assertEquals(Optional.of(later.id()), ids.getLast());
    broker.publish("c", 1);
    assertTrue(ids.getLast().isPresent());
  }

  @Test
  void headersThatAreAddedArriveInAllPatterns() {
    Broker broker =
        sending(sending -> sending.header("tenant", "t-" + sending.kind()).header("b", "2"));
    broker.onTask("T", Message.class, message -> seen.add(message.headers().toString()));
    broker.onEvent("c", Void.class, (nothing, event) -> seen.add(event.headers().toString()));
    broker.onRequest("R", Message.class, message -> message.headers().get("tenant"));
    broker.onRequest(
        "P",
        Void.class,
        (Void nothing, ReplyParts<String> parts) ->
            parts.send(parts.request().headers().get("tenant")));
    broker.start();
    broker.enqueue("T", 1, SendOptions.none().header("a", "1").header("b", "1"));
    await().until(() -> seen.equals(List.of("{a=1, b=2, tenant=t-TASK}")));
    broker.publish("c", 1);
    await().until(() -> seen.contains("{tenant=t-EVENT, b=2}"));
    assertEquals("t-REQUEST", broker.request("R", 1, String.class, LONG));
    try (var parts = broker.requestParts("P", 1, String.class, LONG)) {
      assertEquals("t-REQUEST", parts.next());
    }
    assertEquals(
        List.of(new Reply.Ok<>("t-REQUEST")), broker.askAll("R", 1, String.class, 1, LONG));
  }

  @Test
  void firstOneRegisteredIsTheOutermostOnBothSides() {
    Broker broker =
        broker(
            b -> {
              for (String name : List.of("outer", "inner")) {
                b.interceptSend(
                    sending -> {
                      seen.add(name + " sends");
                      sending.onEnd(error -> seen.add(name + " sent"));
                    });
                b.interceptHandle(
                    handling -> {
                      seen.add(name + " begins");
                      handling.proceed();
                      seen.add(name + " ends");
                    });
              }
            });
    broker.onRequest("R", Integer.class, n -> n);
    broker.start();
    broker.request("R", 1, Integer.class, LONG);
    assertEquals(
        List.of(
            "outer sends",
            "inner sends",
            "outer begins",
            "inner begins",
            "inner ends",
            "outer ends",
            "inner sent",
            "outer sent"),
        seen);
  }

  @Test
  void whatIsRefusedReachesItsCallerAndIsNotSent() {
    var fault = new IllegalArgumentException("no amount");
    Broker broker =
        broker(
            b ->
                b.interceptSend(
                        sending ->
                            sending.onEnd(
                                error -> seen.add(error.orElseThrow().getClass().getSimpleName())))
                    .interceptSend(
                        sending -> {
                          throw fault;
                        }));
    broker.onTask("A", Void.class, nothing -> seen.add("handled"));
    broker.onEvent("c", Void.class, nothing -> seen.add("heard"));
    broker.onRequest("R", Integer.class, n -> n);
    broker.start();
    var refused = assertThrows(SendRefusedException.class, () -> broker.enqueue("A", 1));
    assertSame(fault, refused.getCause());
    assertTrue(refused.getMessage().contains("no amount"), refused.getMessage());
    assertThrows(SendRefusedException.class, () -> broker.enqueueAsync("A", 1));
    assertThrows(SendRefusedException.class, () -> broker.publish("c", 1));
    assertThrows(SendRefusedException.class, () -> broker.publishAsync("c", 1));
    assertThrows(SendRefusedException.class, () -> broker.request("R", 1, Integer.class, LONG));
    assertThrows(SendRefusedException.class, () -> broker.callAsync("R", 1, Integer.class, LONG));
    assertThrows(
        SendRefusedException.class, () -> broker.requestParts("R", 1, Integer.class, LONG));
    assertThrows(SendRefusedException.class, () -> broker.askAll("R", 1, Integer.class, 1, LONG));
    assertEquals(java.util.Collections.nCopies(8, "SendRefusedException"), seen);
    assertEquals(0L, broker.streams().producer("broker:tasks").info().counts().get("accepted"));
  }

  @Test
  void oneRefusalRefusesTheBatch() {
    Broker broker =
        sending(
            sending -> {
              sending.onEnd(error -> seen.add(sending.payload() + " " + error.isPresent()));
              if (sending.payload().equals(2)) {
                throw new IllegalArgumentException("two");
              }
            });
    assertThrows(SendRefusedException.class, () -> broker.enqueueAll("A", List.of(1, 2, 3)));
    assertEquals(List.of("2 true", "1 true"), seen);
    assertEquals(0L, broker.streams().producer("broker:tasks").info().counts().get("accepted"));
    broker.enqueueAll("A", List.of(4, 5));
    assertEquals(List.of("2 true", "1 true", "4 false", "5 false"), seen);
  }

  @Test
  void endTellsTheErrorThatTheCallerGets() {
    var errors = new CopyOnWriteArrayList<Optional<Throwable>>();
    Broker broker = broker(b -> b.maxMessageBytes(1024).interceptSend(s -> s.onEnd(errors::add)));
    broker.onRequest(
        "FAIL",
        Void.class,
        nothing -> {
          throw new RemoteFailedException("NO", "no");
        });
    broker.start();
    var large = "x".repeat(2_000);
    var tooLarge = assertThrows(MessageTooLargeException.class, () -> broker.enqueue("A", large));
    assertEquals(List.of(Optional.of(tooLarge)), errors);
    assertThrows(MessageTooLargeException.class, () -> broker.publish("c", large));
    assertInstanceOf(MessageTooLargeException.class, errors.getLast().orElseThrow());
    broker.call("FAIL", 1, String.class, LONG);
    assertInstanceOf(RemoteFailedException.class, errors.getLast().orElseThrow());
    broker.callAsync("NO_HANDLER", 1, String.class, LONG).join();
    assertInstanceOf(RequestNotStartedException.class, errors.getLast().orElseThrow());
    broker.streams().producer("broker:tasks").stop(Duration.ZERO);
    assertThrows(InvalidStateException.class, () -> broker.enqueue("A", 1));
    assertInstanceOf(InvalidStateException.class, errors.getLast().orElseThrow());
    assertEquals(5, errors.size());
  }

  @Test
  void whatAnEndThrowsChangesNothing() {
    Broker broker =
        sending(
            sending -> {
              sending.onEnd(error -> seen.add("told"));
              sending.onEnd(
                  error -> {
                    throw new IllegalStateException("in an end");
                  });
            });
    assertInstanceOf(SendResult.Accepted.class, broker.enqueue("A", 1));
    assertInstanceOf(SendResult.Accepted.class, broker.enqueueAsync("A", 1).join());
    broker.publish("c", 1);
    assertEquals(List.of("told", "told", "told"), seen);
  }

  @Test
  void messageThatHasLeftIsNotChanged() {
    var last = new AtomicReference<Sending>();
    Broker broker = sending(last::set);
    broker.enqueue("A", 1);
    assertThrows(InvalidStateException.class, () -> last.get().header("late", "1"));
    assertThrows(InvalidStateException.class, () -> last.get().onEnd(error -> {}));
  }

  @Test
  void headerOfTheLibrarysOwnRefusesTheMessage() {
    Broker broker = sending(sending -> sending.header("rpc.inbox", "elsewhere"));
    var refused = assertThrows(SendRefusedException.class, () -> broker.enqueue("A", 1));
    assertInstanceOf(InvalidConfigException.class, refused.getCause());
  }

  @Test
  void attemptsAndRedrivenLettersAreNotSent() {
    Broker broker = sending(this::note);
    broker.onTask(
        "A",
        Message.class,
        message -> {
          if (!message.headers().containsKey("redriven")) {
            throw new IllegalStateException("no");
          }
          seen.add("redriven");
        });
    broker.start();
    broker.enqueue("A", 1);
    var dead = broker.streams().deadLetters("tasks");
    await().until(() -> dead.list(2).size() == 1);
    dead.redrive(dev.millrace.broker.api.Redrive.all());
    await().until(() -> seen.equals(List.of("TASK tasks A", "redriven")));
  }

  // ---- handling

  private void noteHandling(dev.millrace.broker.api.Handling handling) throws Exception {
    Message message = handling.message();
    seen.add(handling.kind() + " " + message.stream() + " " + message.type().orElse("-"));
    assertTrue(Thread.currentThread().isVirtual());
    handling.proceed();
  }

  @Test
  void handlersOfAllPatternsAreWrapped() {
    Broker broker = handling(this::noteHandling);
    broker.onTask("A", Void.class, nothing -> seen.add("task"));
    broker.onEvent("c", Void.class, nothing -> seen.add("event"));
    broker.onEvent(
        SubscriptionConfig.channel("kept").durable("d").build(),
        TypeRef.of(Void.class),
        (Void nothing) -> seen.add("kept event"));
    answers(broker);
    broker.streams().createConsumer("c", "logs", message -> seen.add("fields"));

    broker.enqueue("A", 1);
    await().until(() -> seen.equals(List.of("TASK tasks A", "task")));
    broker.publish("c", 1);
    await().until(() -> seen.size() == 4);
    assertEquals(List.of("EVENT c c", "event"), seen.subList(2, 4));
    broker.publish("kept", 1);
    await().until(() -> seen.size() == 6);
    assertEquals(List.of("EVENT kept kept", "kept event"), seen.subList(4, 6));
    broker.streams().createSimpleProducer("p", "logs").send(Fields.of("n", 1));
    await().until(() -> seen.size() == 8);
    assertEquals(List.of("TASK logs -", "fields"), seen.subList(6, 8));
    broker.request("ASK", 1, Integer.class, LONG);
    assertEquals(List.of(1), read(broker.requestParts("COUNT", 1, Integer.class, LONG)));
    broker.askAll("ASK", 1, Integer.class, 1, LONG);
    String place = "REQUEST {tasks}:rpc ";
    assertEquals(
        List.of(place + "ASK", place + "COUNT", place + "ASK"), seen.subList(8, seen.size()));
  }

  @Test
  void batchIsOneCall() {
    var sizes = new CopyOnWriteArrayList<Integer>();
    Broker broker =
        handling(
            handling -> {
              sizes.add(handling.messages().size());
              assertEquals(1, handling.attempt());
              handling.proceed();
            });
    broker.streams().createSimpleProducer("p", "logs");
    broker
        .streams()
        .producer("p")
        .sendAll(List.of(Fields.of("n", 1), Fields.of("n", 2), Fields.of("n", 3)));
    broker
        .streams()
        .createBatchConsumer(
            "c",
            ConsumerConfig.builder("logs").batch(3, LONG).build(),
            batch -> batch.forEach(m -> seen.add(m.fields().text("n"))));
    await().until(() -> seen.equals(List.of("1", "2", "3")));
    assertEquals(List.of(3), sizes);
  }

  @Test
  void whatAnInterceptorThrowsIsTheHandlersFailure() {
    Broker broker =
        handling(
            handling -> {
              if (handling.attempt() == 1) {
                throw new IllegalArgumentException("not valid");
              }
              handling.proceed();
            });
    broker.onTask(
        "A",
        Void.class,
        (nothing, delivery) -> {
          seen.add("attempt " + delivery.attempt());
          return dev.millrace.broker.api.Outcome.done();
        });
    Subscription events = broker.onEvent("c", Void.class, nothing -> seen.add("heard"));
    answers(broker);
    broker.enqueue("A", 1);
    await().until(() -> seen.equals(List.of("attempt 2")));
    broker.publish("c", 1);
    await().until(() -> events.info().counts().get("failed") == 1);
    assertEquals(
        new Reply.RemoteError<Integer>("FAILED", "not valid"),
        broker.call("ASK", 1, Integer.class, LONG));
    assertEquals(List.of("attempt 2"), seen);
  }

  @Test
  void failureThatIsSwallowedStaysOne() {
    Broker broker =
        handling(
            handling -> {
              try {
                handling.proceed();
              } catch (IllegalStateException swallowed) {
                seen.add("swallowed " + handling.attempt());
              }
            });
    broker.onTask(
        "A",
        Void.class,
        nothing -> {
          throw new IllegalStateException("no stock");
        });
    broker.onRequest(
        "R",
        Integer.class,
        n -> {
          throw new IllegalStateException("no stock");
        });
    broker.start();
    broker.enqueue("A", 1);
    await().until(() -> seen.equals(List.of("swallowed 1", "swallowed 2", "swallowed 3")));
    var dead = broker.streams().deadLetters("tasks");
    await().until(() -> dead.list(2).size() == 1);
    assertEquals(
        new Reply.RemoteError<Integer>("FAILED", "no stock"),
        broker.call("R", 1, Integer.class, LONG));
  }

  @Test
  void notProceedingIsAFailureAndSoIsProceedingTwice() {
    Broker broker =
        handling(
            handling -> {
              if (handling.message().as(Integer.class) == 2) {
                handling.proceed();
                handling.proceed();
              }
            });
    answers(broker);
    var not = assertInstanceOf(Reply.RemoteError.class, broker.call("ASK", 0, Integer.class, LONG));
    assertTrue(not.text().contains("neither proceeded nor threw"), not.text());
    var twice =
        assertInstanceOf(Reply.RemoteError.class, broker.call("ASK", 2, Integer.class, LONG));
    assertTrue(twice.text().contains("called twice"), twice.text());
  }

  @Test
  void proceedingOnAnotherThreadIsRefused() {
    Broker broker =
        handling(
            handling ->
                CompletableFuture.runAsync(
                        () -> {
                          var wrong = assertThrows(InvalidStateException.class, handling::proceed);
                          seen.add(wrong.advice());
                        })
                    .thenRun(() -> seen.add("refused"))
                    .join());
    answers(broker);
    broker.call("ASK", 1, Integer.class, LONG);
    assertEquals(List.of("Call it on the handler's thread", "refused"), seen);
  }

  @Test
  void messageWithoutAHandlerHereIsNotIntercepted() {
    Broker broker = handling(this::noteHandling);
    broker.onTask("A", Void.class, nothing -> seen.add("task"));
    answers(broker);
    broker.enqueue("UNKNOWN", 1);
    broker.enqueue("A", 1);
    await().until(() -> seen.contains("task"));
    assertInstanceOf(Reply.NotStarted.class, broker.call("UNKNOWN", 1, Integer.class, LONG));
    assertEquals(List.of("TASK tasks A", "task"), seen);
  }

  // ---- the configuration

  @Test
  @SuppressWarnings("NullAway") // that is what is tried
  void nullAndRepeatedInterceptorsAreFaults() {
    SendInterceptor sends = sending -> {};
    HandleInterceptor handles = handling -> handling.proceed();
    var builder =
        BrokerConfig.builder()
            .interceptSend(sends)
            .interceptSend(null)
            .interceptSend(sends)
            .interceptHandle(handles)
            .interceptHandle(handles);
    var error = assertThrows(InvalidConfigException.class, builder::build);
    assertEquals(3, error.faults().size(), error.getMessage());
    assertTrue(error.getMessage().contains("send interceptor 2 is null"), error.getMessage());
    assertTrue(error.getMessage().contains("send interceptor 3 ("), error.getMessage());
    assertTrue(error.getMessage().contains("handle interceptor 2 ("), error.getMessage());
  }

  @Test
  void prefixHoldsForAllPatterns() {
    Broker broker = broker(b -> {});
    var orders = broker.prefix("orders");
    orders.onTask("created", Void.class, nothing -> seen.add("task"));
    orders.onEvent("created", Void.class, (nothing, event) -> seen.add("event " + event.stream()));
    orders.onEventPattern(
        "*", Void.class, (nothing, event) -> seen.add("pattern " + event.stream()));
    orders.prefix("eu").onRequest("count", Integer.class, n -> n + 1);
    broker.start();
    broker.enqueue("orders.created", 1);
    await().until(() -> seen.equals(List.of("task")));
    broker.publish("orders.created", 1);
    broker.publish("created", 1);
    await().until(() -> seen.size() == 3);
    assertTrue(seen.containsAll(List.of("event orders.created", "pattern orders.created")));
    assertEquals(2, broker.request("orders.eu.count", 1, Integer.class, LONG));
    assertEquals(3, seen.size());
  }
}
