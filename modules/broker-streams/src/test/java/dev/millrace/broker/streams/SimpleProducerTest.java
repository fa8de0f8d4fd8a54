package dev.millrace.broker.streams;

import static dev.millrace.broker.streams.LossyBackend.Fault.ANSWER_LOST;
import static dev.millrace.broker.streams.LossyBackend.Fault.REQUEST_LOST;
import static dev.millrace.broker.streams.LossyBackend.Fault.SILENT;
import static dev.millrace.broker.streams.LossyBackend.Fault.UNREACHABLE;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import dev.millrace.broker.codec.jackson.JacksonCodec;
import dev.millrace.broker.testkit.LimitedBackend;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimpleProducerTest {
  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final MemoryBackend memory =
      MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
  private final LossyBackend backend = new LossyBackend(memory);

  @AfterEach
  void close() {
    memory.close();
  }

  private Producer producer(Backend on, SendPolicy policy) {
    var context =
        new StreamsContext(
            on,
            new JacksonCodec(),
            clock,
            new Random(7),
            Telemetry.none(),
            1 << 20,
            Duration.ZERO,
            Duration.ofSeconds(5));
    var config = StreamConfig.builder("orders").sending(policy).build();
    Producer producer = Producers.simple("p", config, context, () -> {});
    producer.start();
    return producer;
  }

  private Producer producer() {
    return producer(backend, SendPolicy.defaults());
  }

  private static CompletableFuture<SendResult> send(Producer producer, int n) {
    return producer.sendAsync(Fields.of("n", n));
  }

  private List<String> stored() {
    return memory
        .facet(History.class)
        .orElseThrow()
        .scan("orders", Optional.empty(), 100_000)
        .toCompletableFuture()
        .join()
        .stream()
        .map(recorded -> recorded.entry().fields().text("n"))
        .toList();
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(String::valueOf).toList();
  }

  /** Lets time pass in steps, as repeats need it. */
  private void pass(Duration time) {
    for (long left = time.toMillis(); left > 0; left -= 100) {
      clock.advance(Duration.ofMillis(Math.min(100, left)));
    }
  }

  private static <E> E failure(Class<E> type, CompletableFuture<?> sent) {
    return assertInstanceOf(type, assertThrows(CompletionException.class, sent::join).getCause());
  }

  private static long count(Producer producer, String what) {
    return producer.info().counts().get(what);
  }

  @Test
  void aLostAnswerIsRepeatedAndTheMessageStoredOnce() {
    backend.next(ANSWER_LOST);
    var sent = send(producer(), 1);
    assertFalse(sent.isDone());
    pass(Duration.ofSeconds(1));
    sent.join();
    assertEquals(numbers(1, 1), stored());
    assertEquals(2, backend.appends.get());
  }

  @Test
  void aLostRequestIsRepeatedAndTheMessageStored() {
    backend.next(REQUEST_LOST, REQUEST_LOST, ANSWER_LOST);
    var producer = producer();
    var sent = send(producer, 1);
    pass(Duration.ofSeconds(2));
    assertInstanceOf(SendResult.Accepted.class, sent.join());
    assertEquals(numbers(1, 1), stored());
    assertEquals(1, count(producer, "accepted"));
    assertEquals(1, count(producer, "duplicates"));
  }

  @Test
  void theResultOfARepeatIsThatOfTheFirstEntry() {
    var producer = producer();
    backend.next(ANSWER_LOST);
    var sent = send(producer, 1);
    String first =
        memory.log().describe("orders").toCompletableFuture().join().first().orElseThrow().value();
    pass(Duration.ofSeconds(1));
    assertEquals(first, ((SendResult.Accepted) sent.join()).position());
  }

  @Test
  void messagesBehindARepeatKeepTheirOrder() {
    var producer = producer();
    send(producer, 1).join();
    backend.next(REQUEST_LOST, UNREACHABLE, REQUEST_LOST);
    var all = new ArrayList<CompletableFuture<SendResult>>();
    for (int n = 2; n <= 500; n++) {
      all.add(send(producer, n));
    }
    pass(Duration.ofSeconds(3));
    all.forEach(CompletableFuture::join);
    assertEquals(numbers(1, 500), stored());
  }

  @Test
  void noAnswerUntilTheDeadlineIsAmbiguousAndNamesTheId() {
    backend.always(ANSWER_LOST);
    var sent =
        send(producer(backend, SendPolicy.defaults().withDeadline(Duration.ofSeconds(3))), 1);
    pass(Duration.ofSeconds(2));
    assertFalse(sent.isDone());
    pass(Duration.ofSeconds(2));
    String id = failure(AmbiguousSendException.class, sent).id();
    assertTrue(id.endsWith("-1"), id);
    assertEquals(numbers(1, 1), stored());
  }

  @Test
  void refusalsOfRepeatsLeaveTheOutcomeOpen() {
    backend.next(ANSWER_LOST);
    backend.always(UNREACHABLE);
    var sent = send(producer(), 1);
    pass(Duration.ofSeconds(12));
    failure(AmbiguousSendException.class, sent);
    assertEquals(numbers(1, 1), stored());
  }

  @Test
  void whatWaitedTooLongBehindARepeatWasSurelyNotSent() {
    backend.always(REQUEST_LOST);
    var producer = producer();
    var first = send(producer, 1);
    var second = send(producer, 2);
    pass(Duration.ofSeconds(12));
    failure(AmbiguousSendException.class, first);
    failure(BackendUnavailableException.class, second);
    assertEquals(List.of(), stored());
  }

  @Test
  void theFirstAttemptsRefusalIsToldAtOnce() {
    backend.next(UNREACHABLE);
    failure(BackendUnavailableException.class, send(producer(), 1));
  }

  @Test
  void plainSendsAreNotRepeated() {
    backend.next(ANSWER_LOST);
    failure(AmbiguousSendException.class, send(producer(backend, SendPolicy.plain()), 1));
    assertEquals(1, backend.appends.get());
  }

  @Test
  void aBackendThatCannotStoreAnIdOnceGetsPlainSends() {
    backend.next(ANSWER_LOST);
    var producer = producer(LimitedBackend.rabbitMqLike(backend), SendPolicy.defaults());
    failure(AmbiguousSendException.class, send(producer, 1));
    send(producer, 2).join();
    assertEquals(numbers(1, 2), stored());
  }

  @Test
  void anIdOfTheCallersIsStoredOnceWithinItsWindow() {
    var producer = producer(backend, SendPolicy.defaults().withIdWindow(Duration.ofMinutes(1)));
    var options = SendOptions.none().id("order-7");
    var first = (SendResult.Accepted) producer.send(Fields.of("n", 1), options);
    assertEquals(first, producer.send(Fields.of("n", 2), options));
    assertEquals("order-7", first.id());
    assertEquals(numbers(1, 1), stored());
    pass(Duration.ofSeconds(61));
    producer.send(Fields.of("n", 3), options);
    assertEquals(List.of("1", "3"), stored());
  }

  @Test
  void aPlainProducerStoresAnIdOfTheCallersEachTime() {
    var producer = producer(backend, SendPolicy.plain());
    var options = SendOptions.none().id("order-7");
    producer.send(Fields.of("n", 1), options);
    producer.send(Fields.of("n", 2), options);
    assertEquals(numbers(1, 2), stored());
  }

  @Test
  void idsOfTheCallersAndOursKeepTheirOrder() {
    var producer = producer();
    backend.next(REQUEST_LOST);
    var all = new ArrayList<CompletableFuture<SendResult>>();
    for (int n = 1; n <= 50; n++) {
      var options = n % 3 == 0 ? SendOptions.none().id("named-" + n) : SendOptions.none();
      all.add(producer.sendAsync(Fields.of("n", n), options));
    }
    pass(Duration.ofSeconds(1));
    all.forEach(CompletableFuture::join);
    assertEquals(numbers(1, 50), stored());
  }

  @Test
  void aBatchSurvivesLostAnswers() throws Exception {
    var producer = producer();
    backend.next(ANSWER_LOST, REQUEST_LOST);
    var results = new AtomicReference<List<SendResult>>();
    var messages = IntStream.rangeClosed(1, 3_000).mapToObj(n -> Fields.of("n", n)).toList();
    Thread sending = Thread.ofVirtual().start(() -> results.set(producer.sendAll(messages)));
    await()
        .until(
            () -> {
              pass(Duration.ofMillis(100));
              return !sending.isAlive();
            });
    assertEquals(3_000, results.get().size());
    assertEquals(numbers(1, 3_000), stored());
    assertEquals(3_000, results.get().stream().map(SendResult::id).distinct().count());
  }

  @Test
  void aRepeatIsAmbiguousWhenTheBackendHasForgottenTheProducer() {
    var producer = producer();
    send(producer, 1).join();
    backend.next(ANSWER_LOST);
    var sent = send(producer, 2);
    memory.log().delete("orders").toCompletableFuture().join();
    pass(Duration.ofSeconds(1));
    failure(AmbiguousSendException.class, sent);
    assertEquals(List.of(), stored());
    send(producer, 3).join();
    assertEquals(numbers(3, 3), stored());
  }

  @Test
  void stoppingEndsRepeatsAsAmbiguous() {
    backend.always(REQUEST_LOST);
    var producer = producer();
    var sent = send(producer, 1);
    var report = producer.stop(Duration.ZERO);
    assertEquals(1, report.failures().size());
    failure(AmbiguousSendException.class, sent);
  }

  @Test
  void anInterruptTellsWhetherTheMessageWasSent() throws Exception {
    backend.always(SILENT);
    var producer = producer();
    send(producer, 1);
    var error = new AtomicReference<RuntimeException>();
    Thread sender =
        Thread.ofVirtual()
            .start(
                () ->
                    error.set(
                        assertThrows(
                            RuntimeException.class, () -> producer.send(Fields.of("n", 2)))));
    await().until(() -> count(producer, "in flight") == 2);
    sender.interrupt();
    sender.join();
    assertInstanceOf(InvalidStateException.class, error.get());
    assertEquals(1, count(producer, "in flight"));
  }

  @Test
  void whatFollowsAnAsyncSendMayWaitForAnotherSend() throws Exception {
    var loop = Executors.newSingleThreadExecutor();
    try (AutoCloseable ended = loop::shutdownNow) {
      backend.answering = loop;
      for (SendPolicy policy : List.of(SendPolicy.defaults(), SendPolicy.plain())) {
        var producer = producer(backend, policy);
        var held = new CountDownLatch(1);
        loop.execute(() -> hold(held));
        var followed =
            send(producer, 1)
                .thenApply(first -> producer.send(Fields.of("n", 2)))
                .thenApply(second -> send(producer, 3).join());
        held.countDown();
        followed.get(5, TimeUnit.SECONDS);
      }
      assertEquals(List.of("1", "2", "3", "1", "2", "3"), stored());
    }
  }

  @Test
  void whatFollowsAnAsyncSendMayWaitForOneThatWentWithIt() throws Exception {
    var loop = Executors.newSingleThreadExecutor();
    try (AutoCloseable ended = loop::shutdownNow) {
      backend.answering = loop;
      var producer = producer();
      var held = new CountDownLatch(1);
      loop.execute(() -> hold(held));
      send(producer, 1);
      var first = new AtomicReference<CompletableFuture<SendResult>>();
      var last = new AtomicReference<CompletableFuture<SendResult>>();
      first.set(send(producer, 2));
      var followed = first.get().thenRun(() -> last.get().join());
      last.set(send(producer, 3));
      held.countDown();
      await()
          .until(
              () -> {
                pass(Duration.ofMillis(100));
                return followed.isDone();
              });
    }
  }

  private static void hold(CountDownLatch held) {
    try {
      held.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Fields fields(int count) {
    var fields = Fields.builder();
    for (int i = 0; i < count; i++) {
      fields.put("f" + i, "x");
    }
    return fields.build();
  }

  @Test
  void aMessageOfTooManyFieldsIsRefusedBeforeItIsGatheredWithOthers() {
    var producer = producer();
    var before = send(producer, 1);
    var error =
        assertThrows(MessageTooLargeException.class, () -> producer.sendAsync(fields(1_001)));
    var behind = producer.sendAsync(fields(1_000));
    before.join();
    behind.join();
    assertTrue(error.getMessage().contains("1001 fields; at most 1000"), error.getMessage());
    assertEquals(2, memory.log().describe("orders").toCompletableFuture().join().length());
  }
}
