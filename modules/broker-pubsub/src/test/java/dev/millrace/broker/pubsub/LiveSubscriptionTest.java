package dev.millrace.broker.pubsub;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.ComponentHealth.Level;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.EventOverflow;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveSubscriptionTest {
  private final MemoryBackend backend =
      MemoryBackend.open(new BackendContext("test", "me", BrokerClock.system(), Telemetry.none()));
  private final EventsContext context =
      new EventsContext(
          backend,
          new Texts(),
          BrokerClock.system(),
          Telemetry.none(),
          1 << 20,
          Duration.ofSeconds(5),
          Duration.ofSeconds(5));
  private final Events events = new Events(context, new Random(1));
  private final List<String> heard = new java.util.concurrent.CopyOnWriteArrayList<>();
  private final List<Subscription> made = new ArrayList<>();

  /** Writes texts as they are. */
  private static final class Texts implements PayloadCodec {
    @Override
    public String contentType() {
      return "text/plain";
    }

    @Override
    public byte[] encode(Object value) {
      return value.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T decode(byte[] bytes, TypeRef<T> type) {
      return (T) new String(bytes, StandardCharsets.UTF_8);
    }
  }

  @AfterEach
  void close() {
    made.forEach(Subscription::close);
    backend.close();
  }

  private Subscription subscribe(
      SubscriptionConfig.Builder config, Handler<? super Message> handler) {
    Subscription subscription = events.subscription("news", config.build(), handler, () -> {});
    made.add(subscription);
    subscription.start();
    return subscription;
  }

  private void publish(String channel, String text) {
    events.publish(channel, text, SendOptions.none()).join();
  }

  private static long count(Subscription subscription, String what) {
    return subscription.info().counts().get(what);
  }

  private void hears(Message message) {
    heard.add(message.as(String.class));
  }

  @Test
  void eventComesWithItsChannelItsPayloadAndItsHeaders() {
    var messages = new ConcurrentLinkedQueue<Message>();
    subscribe(SubscriptionConfig.channel("user.created"), messages::add);
    events
        .publish("user.created", "Alice", SendOptions.none().header("traceparent", "00-1"))
        .join();
    await().until(() -> messages.size() == 1);
    Message message = messages.element();
    assertEquals("user.created", message.stream());
    assertEquals("Alice", message.as(String.class));
    assertEquals("00-1", message.headers().get("traceparent"));
    assertTrue(message.toString().startsWith("Message[id="), message::toString);
  }

  @Test
  void patternHearsItsChannelsOnly() {
    subscribe(SubscriptionConfig.pattern("orders.*"), this::hears);
    publish("orders.created", "1");
    publish("orders.eu.created", "2");
    publish("orders.paid", "3");
    await().until(() -> heard.size() == 2);
    assertTrue(heard.containsAll(List.of("1", "3")), heard::toString);
  }

  @Test
  void handlersRunSideBySideUpToTheConcurrency() throws Exception {
    var inside = new CountDownLatch(3);
    var go = new CountDownLatch(1);
    Subscription subscription =
        subscribe(
            SubscriptionConfig.channel("c").concurrency(3),
            message -> {
              inside.countDown();
              go.await();
            });
    for (int i = 0; i < 5; i++) {
      publish("c", "e" + i);
    }
    inside.await();
    await().until(() -> count(subscription, "waiting") == 2);
    assertEquals(3, count(subscription, "running"));
    go.countDown();
    await().until(() -> count(subscription, "handled") == 5);
  }

  @Test
  void inOrderTheEventsOfAChannelAreHandledOneAfterTheOther() {
    subscribe(SubscriptionConfig.pattern("*").inOrder(true).buffer(1_000), this::hears);
    for (int i = 0; i < 300; i++) {
      publish("c" + i % 3, i % 3 + ":" + i);
    }
    await().until(() -> heard.size() == 300);
    for (int channel = 0; channel < 3; channel++) {
      String of = channel + ":";
      List<Integer> numbers =
          heard.stream().filter(text -> text.startsWith(of)).map(text -> number(text)).toList();
      assertEquals(numbers.stream().sorted().toList(), numbers);
    }
  }

  private static int number(String text) {
    return Integer.parseInt(text.substring(2));
  }

  @Test
  void slowSubscriberLosesItsOldestAndIsToldAndNobodyElseIsHeldUp() throws Exception {
    var gaps = new ConcurrentLinkedQueue<Gap>();
    var turns = new Semaphore(0);
    Subscription slow =
        subscribe(
            SubscriptionConfig.channel("c").concurrency(1).buffer(2),
            message -> {
              turns.acquire();
              hears(message);
            });
    slow.onGap(gaps::add);
    var others = new ConcurrentLinkedQueue<String>();
    Subscription quick =
        events.subscription(
            "quick",
            SubscriptionConfig.of("c"),
            message -> others.add(message.as(String.class)),
            () -> {});
    made.add(quick);
    quick.start();
    for (int i = 1; i <= 6; i++) {
      publish("c", "e" + i);
    }
    await().until(() -> others.size() == 6);
    await().until(() -> count(slow, "received") == 6);
    assertEquals(Level.YELLOW, slow.info().health().level());
    turns.release(10);
    await().until(() -> gaps.size() == 1);
    assertEquals(List.of("e1", "e5", "e6"), heard);
    assertEquals(Gap.Reason.OVERFLOW, gaps.element().reason());
    assertEquals(3, gaps.element().missed());
    assertEquals(3, count(slow, "dropped"));
    assertEquals(Level.GREEN, slow.info().health().level());
  }

  @Test
  void overflowEndsTheSubscriptionWhereThatIsAskedAndItCanBeStartedAgain() throws Exception {
    var go = new CountDownLatch(1);
    Subscription subscription =
        subscribe(
            SubscriptionConfig.channel("c").concurrency(1).buffer(1).overflow(EventOverflow.CLOSE),
            message -> {
              go.await();
              hears(message);
            });
    publish("c", "e1");
    publish("c", "e2");
    publish("c", "e3");
    await().until(() -> subscription.state() == State.FAILED);
    assertTrue(
        subscription.info().lastError().orElseThrow().contains("1 events on 'c'"),
        () -> subscription.info().toString());
    go.countDown();
    await().until(() -> heard.equals(List.of("e1", "e2")));
    subscription.start();
    publish("c", "e4");
    await().until(() -> heard.equals(List.of("e1", "e2", "e4")));
  }

  @Test
  void startedAgainAfterAnOverflowItGoesOnBehindWhatWaitedAndTellsTheGap() throws Exception {
    var gaps = new ConcurrentLinkedQueue<Gap>();
    var turns = new Semaphore(0);
    Subscription subscription =
        subscribe(
            SubscriptionConfig.channel("c").inOrder(true).buffer(2).overflow(EventOverflow.CLOSE),
            message -> {
              turns.acquire();
              hears(message);
            });
    subscription.onGap(gaps::add);
    for (int i = 1; i <= 4; i++) {
      publish("c", "e" + i);
    }
    await().until(() -> subscription.state() == State.FAILED);
    publish("c", "unheard");
    turns.release();
    await().until(() -> heard.equals(List.of("e1")));
    subscription.start();
    await().until(() -> gaps.size() == 1);
    assertEquals(Gap.Reason.OVERFLOW, gaps.element().reason());
    assertEquals(0, gaps.element().missed(), "it cannot know how many");
    assertEquals(Level.GREEN, subscription.info().health().level());
    publish("c", "e5");
    await().until(() -> count(subscription, "waiting") == 2);
    assertEquals(1, count(subscription, "running"), "two of one channel at once");
    turns.release(10);
    await().until(() -> heard.equals(List.of("e1", "e2", "e3", "e5")));
  }

  @Test
  void stoppingAfterAnOverflowLetsWhatWaitsBeHandled() throws Exception {
    var go = new CountDownLatch(1);
    Subscription subscription =
        subscribe(
            SubscriptionConfig.channel("c").concurrency(1).buffer(1).overflow(EventOverflow.CLOSE),
            message -> {
              go.await();
              hears(message);
            });
    publish("c", "e1");
    publish("c", "e2");
    publish("c", "e3");
    await().until(() -> subscription.state() == State.FAILED);
    var report = new java.util.concurrent.CompletableFuture<DrainReport>();
    Thread.ofVirtual().start(() -> report.complete(subscription.stop(Duration.ofSeconds(10))));
    go.countDown();
    assertEquals(2, report.get().finished());
    assertEquals(List.of("e1", "e2"), heard);
    assertEquals(State.STOPPED, subscription.state());
    subscription.start();
    publish("c", "e4");
    await().until(() -> heard.equals(List.of("e1", "e2", "e4")));
  }

  @Test
  void gapsAreToldWhileEventsAreDroppedAllTheTime() throws Exception {
    var gaps = new ConcurrentLinkedQueue<Gap>();
    var go = new CountDownLatch(1);
    Subscription subscription =
        subscribe(SubscriptionConfig.channel("c").concurrency(1).buffer(1), message -> go.await());
    subscription.onGap(gaps::add);
    var sent = new java.util.concurrent.atomic.AtomicLong();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              publish("c", "e");
              sent.incrementAndGet();
              return gaps.size() == 2;
            });
    List<Gap> told = List.copyOf(gaps);
    assertTrue(told.getFirst().missed() > 0, told::toString);
    assertTrue(!told.getLast().from().isBefore(told.getFirst().to()), told::toString);
    assertEquals(Level.YELLOW, subscription.info().health().level());
    go.countDown();
    await().until(() -> gaps.size() == 3);
    long missed = gaps.stream().mapToLong(Gap::missed).sum();
    assertEquals(sent.get(), count(subscription, "handled") + missed);
  }

  @Test
  void subscribingThatEndsTooLateIsUndone() {
    var answer = new java.util.concurrent.CompletableFuture<AutoCloseable>();
    var closed = new CountDownLatch(1);
    var hasty =
        new EventsContext(
            backendThatSubscribes(answer),
            new Texts(),
            BrokerClock.system(),
            Telemetry.none(),
            1 << 20,
            Duration.ofSeconds(5),
            Duration.ofMillis(20));
    Subscription subscription =
        new Events(hasty, new Random(1))
            .subscription("late", SubscriptionConfig.of("c"), this::hears, () -> {});
    assertThrows(BrokerException.class, subscription::start);
    assertEquals(State.FAILED, subscription.state());
    answer.complete(closed::countDown);
    assertEquals(0, closed.getCount());
  }

  /** The memory backend, but for subscribing. */
  private Backend backendThatSubscribes(CompletionStage<AutoCloseable> answer) {
    var bus =
        new EventBus() {
          @Override
          public CompletionStage<Void> publish(String channel, Entry event) {
            return backend.events().publish(channel, event);
          }

          @Override
          public CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink) {
            return answer;
          }
        };
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (self, method, args) ->
                method.getName().equals("events") ? bus : method.invoke(backend, args));
  }

  @Test
  void threadsThatHandlersInterruptHarmNoOtherEvent() {
    subscribe(
        SubscriptionConfig.channel("c").inOrder(true).buffer(1_000),
        message -> {
          if (Thread.currentThread().isInterrupted()) {
            heard.add("interrupted");
          }
          hears(message);
          Thread.currentThread().interrupt();
        });
    for (int i = 0; i < 200; i++) {
      publish("c", "e" + i);
    }
    await().until(() -> heard.contains("e199"));
    assertEquals(200, heard.size(), heard::toString);
  }

  @Test
  void failingHandlerIsCountedAndTheNextEventsCome() {
    Subscription subscription =
        subscribe(
            SubscriptionConfig.channel("c").inOrder(true),
            message -> {
              if (message.as(String.class).equals("bad")) {
                throw new StackOverflowError();
              }
              hears(message);
            });
    publish("c", "bad");
    publish("c", "good");
    await().until(() -> heard.equals(List.of("good")));
    assertEquals(1, count(subscription, "failed"));
    assertTrue(subscription.info().lastError().orElseThrow().contains("StackOverflowError"));
  }

  @Test
  void stopLetsWhatIsThereBeHandledAndHearsNothingMore() throws Exception {
    var inside = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    Subscription subscription =
        subscribe(
            SubscriptionConfig.channel("c").concurrency(1),
            message -> {
              inside.countDown();
              go.await();
              hears(message);
            });
    publish("c", "e1");
    publish("c", "e2");
    inside.await();
    await().until(() -> count(subscription, "received") == 2);
    var report = new java.util.concurrent.CompletableFuture<DrainReport>();
    Thread.ofVirtual().start(() -> report.complete(subscription.stop(Duration.ofSeconds(10))));
    await().until(() -> subscription.state() == State.DRAINING);
    publish("c", "late");
    go.countDown();
    assertEquals(2, report.get().finished());
    assertTrue(report.get().clean());
    assertEquals(List.of("e1", "e2"), heard);
  }

  @Test
  void handlersThatOutlastTheDeadlineAreInterruptedAndCounted() throws Exception {
    var interrupted = new CountDownLatch(1);
    Subscription subscription =
        subscribe(
            SubscriptionConfig.channel("c").concurrency(1),
            message -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException cut) {
                interrupted.countDown();
              }
            });
    publish("c", "e1");
    publish("c", "e2");
    await().until(() -> count(subscription, "waiting") == 1);
    assertEquals(2, subscription.stop(Duration.ofMillis(50)).cutOff());
    interrupted.await();
    await().until(() -> count(subscription, "running") == 0);
    assertEquals(1, count(subscription, "received") - count(subscription, "handled"));
  }

  @Test
  void plainFieldsOfAForeignPublisherReachTheHandler() {
    var messages = new ConcurrentLinkedQueue<Message>();
    subscribe(SubscriptionConfig.channel("c"), messages::add);
    backend
        .events()
        .publish("c", new Entry(null, null, null, java.util.Map.of(), Fields.of("n", 7)))
        .toCompletableFuture()
        .join();
    await().until(() -> messages.size() == 1);
    assertEquals(7, messages.element().fields().integer("n"));
  }
}
