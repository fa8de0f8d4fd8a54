package dev.millrace.broker.streams;

import static dev.millrace.broker.streams.LossyBackend.Fault.HELD;
import static dev.millrace.broker.streams.LossyBackend.Fault.REQUEST_LOST;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamFullException;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import dev.millrace.broker.codec.jackson.JacksonCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a shipment that reaches the backend when the one before it has not. */
class SendOrderTest {
  /** The first goes alone, and so many behind it while it is under way. */
  private static final int LAST = 65;

  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final MemoryBackend memory =
      MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
  private final LossyBackend backend = new LossyBackend(memory);

  @AfterEach
  void close() {
    memory.close();
  }

  private Producer producer(UnaryOperator<StreamConfig.Builder> more) {
    var context =
        new StreamsContext(
            backend,
            new JacksonCodec(),
            clock,
            new Random(7),
            Telemetry.none(),
            1 << 20,
            Duration.ZERO,
            Duration.ofSeconds(5));
    var config = more.apply(StreamConfig.builder("orders")).build();
    Producer producer = Producers.simple("p", config, context, () -> {});
    producer.start();
    return producer;
  }

  private Producer producer() {
    return producer(config -> config);
  }

  private Producer producer(SendPolicy policy) {
    return producer(config -> config.sending(policy));
  }

  private static CompletableFuture<SendResult> send(Producer producer, int n) {
    return producer.sendAsync(Fields.of("n", n));
  }

  private static CompletableFuture<SendResult> named(Producer producer, int n) {
    return producer.sendAsync(Fields.of("n", n), SendOptions.none().id("id-" + n));
  }

  /** Two shipments that were chosen and have not reached the backend. */
  private List<CompletableFuture<SendResult>> twoHeldUp(Producer producer) {
    send(producer, 0).join();
    backend.next(HELD, HELD);
    var sent = new ArrayList<CompletableFuture<SendResult>>();
    for (int n = 1; n <= LAST; n++) {
      sent.add(send(producer, n));
    }
    assertEquals(2, backend.held.size());
    return sent;
  }

  private LossyBackend.Held nextHeld() {
    return backend.held.remove();
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

  private void pass(Duration time) {
    for (long left = time.toMillis(); left > 0; left -= 100) {
      clock.advance(Duration.ofMillis(Math.min(100, left)));
    }
  }

  private static <E> E failure(Class<E> type, CompletableFuture<?> sent) {
    var thrown =
        assertThrows(CompletionException.class, () -> sent.orTimeout(10, TimeUnit.SECONDS).join());
    return assertInstanceOf(type, thrown.getCause());
  }

  private static BrokerException refusal() {
    return new BackendException("send", "orders", "OOM", "memory is full", "Make room", null);
  }

  @Test
  void whatWasHeldUpDoesNotOvertakeWhatWasLostBeforeIt() {
    var sent = twoHeldUp(producer());
    nextHeld().lose();
    nextHeld().carryOut();
    assertEquals(numbers(0, 0), stored());
    pass(Duration.ofSeconds(1));
    sent.forEach(CompletableFuture::join);
    assertEquals(numbers(0, LAST), stored());
  }

  @Test
  void whatArrivesBeforeAnybodyKnowsOfTheLossKeepsItsPlaceToo() {
    var sent = twoHeldUp(producer());
    var first = nextHeld();
    nextHeld().carryOut();
    first.lose();
    pass(Duration.ofSeconds(1));
    sent.forEach(CompletableFuture::join);
    assertEquals(numbers(0, LAST), stored());
  }

  @Test
  void whatWasHeldUpGoesAtOnceWhereTheOneBeforeItGotThereAfterAll() {
    var sent = twoHeldUp(producer());
    nextHeld().carryOut();
    nextHeld().carryOut();
    sent.forEach(CompletableFuture::join);
    assertEquals(numbers(0, LAST), stored());
  }

  @Test
  void refusalOfTheOneBeforeHoldsUpNothing() {
    var sent = twoHeldUp(producer());
    nextHeld().refuse(refusal());
    nextHeld().carryOut();
    failure(BackendException.class, sent.getFirst());
    sent.subList(1, LAST).forEach(CompletableFuture::join);
    assertEquals(LAST, stored().size());
    assertFalse(stored().contains("1"));
  }

  @Test
  void refusalForWantOfRoomHoldsUpNothing() {
    memory.log().declare(new StreamSpec("orders", Set.of("g"))).toCompletableFuture().join();
    var producer = producer(config -> config.maxLength(1).overflow(Overflow.reject()));
    var sent = twoHeldUp(producer);
    nextHeld().carryOut();
    nextHeld().carryOut();
    sent.forEach(each -> failure(StreamFullException.class, each));
    assertEquals(numbers(0, 0), stored());
  }

  @Test
  void whatIsGivenUpHoldsUpNothing() {
    var sent = twoHeldUp(producer(SendPolicy.defaults().withDeadline(Duration.ZERO)));
    nextHeld().lose();
    failure(AmbiguousSendException.class, sent.getFirst());
    nextHeld().carryOut();
    sent.subList(1, LAST).forEach(CompletableFuture::join);
    assertEquals(LAST, stored().size());
  }

  @Test
  void memoryOfAStreamThatVanishedHoldsUpNothing() {
    var sent = twoHeldUp(producer());
    nextHeld().carryOut();
    memory.log().delete("orders").toCompletableFuture().join();
    nextHeld().carryOut();
    sent.forEach(CompletableFuture::join);
    assertEquals(numbers(2, LAST), stored());
  }

  @Test
  void whatWaitedTooLongForTheOneBeforeItWasSurelyNotSent() {
    var sent = twoHeldUp(producer(SendPolicy.defaults().withDeadline(Duration.ofSeconds(3))));
    var first = nextHeld();
    pass(Duration.ofSeconds(4));
    nextHeld().carryOut();
    failure(BackendUnavailableException.class, sent.getLast());
    first.lose();
    failure(AmbiguousSendException.class, sent.getFirst());
    assertEquals(numbers(0, 0), stored());
  }

  @Test
  void whatCameTooEarlyWhenItsProducerStopsWasSurelyNotSent() {
    var producer = producer();
    var sent = twoHeldUp(producer);
    var first = nextHeld();
    var second = nextHeld();
    first.lose();
    producer.stop(Duration.ZERO);
    second.carryOut();
    failure(AmbiguousSendException.class, sent.getFirst());
    var error = failure(BackendUnavailableException.class, sent.getLast());
    assertTrue(error.getMessage().contains("stopped"), error.getMessage());
    assertEquals(numbers(0, 0), stored());
  }

  @Test
  void whatCameTooEarlyBeforeItsProducerStoppedWasSurelyNotSentEither() {
    var producer = producer();
    var sent = twoHeldUp(producer);
    var first = nextHeld();
    nextHeld().carryOut();
    producer.stop(Duration.ZERO);
    var error = failure(BackendUnavailableException.class, sent.getLast());
    assertTrue(error.getMessage().contains("stopped"), error.getMessage());
    first.lose();
    failure(AmbiguousSendException.class, sent.getFirst());
    assertEquals(numbers(0, 0), stored());
  }

  @Test
  void nothingOvertakesWhatCameTooEarlyWhereTheOneBeforeItWaitedTooLongForRoom() {
    var patience = Duration.ofSeconds(1);
    var producer = producer(config -> config.maxLength(1_000).overflow(Overflow.block(patience)));
    var sent = twoHeldUp(producer);
    nextHeld().findNoRoom();
    pass(patience);
    var last = send(producer, LAST + 1);
    nextHeld().carryOut();
    failure(StreamFullException.class, sent.getFirst());
    sent.subList(1, LAST).forEach(CompletableFuture::join);
    last.join();
    var left = new ArrayList<>(numbers(0, LAST + 1));
    left.remove("1");
    assertEquals(left, stored());
  }

  @Test
  void severalThatWereHeldUpKeepTheirOrder() {
    var producer = producer();
    send(producer, 0).join();
    backend.next(HELD, HELD, HELD, HELD);
    var sent = new ArrayList<CompletableFuture<SendResult>>();
    for (int n = 1; n <= 3 * LAST; n++) {
      sent.add(send(producer, n));
    }
    assertEquals(4, backend.held.size());
    backend.next(REQUEST_LOST, REQUEST_LOST);
    nextHeld().lose();
    while (!backend.held.isEmpty()) {
      nextHeld().carryOut();
    }
    pass(Duration.ofSeconds(2));
    sent.forEach(CompletableFuture::join);
    assertEquals(numbers(0, 3 * LAST), stored());
  }

  @Test
  void nothingFollowsAnIdOfTheCallersThatIsUnderWay() {
    var producer = producer();
    send(producer, 0).join();
    backend.next(HELD);
    named(producer, 1);
    var last = IntStream.rangeClosed(2, 2 * LAST).mapToObj(n -> send(producer, n)).toList();
    assertEquals(2, backend.appends.get());
    nextHeld().lose();
    pass(Duration.ofSeconds(1));
    last.forEach(CompletableFuture::join);
    assertEquals(numbers(0, 2 * LAST), stored());
  }

  @Test
  void idsOfTheCallersFollowNothingThatIsUnderWay() {
    var producer = producer();
    send(producer, 0).join();
    backend.next(HELD);
    send(producer, 1);
    var last = IntStream.rangeClosed(2, 2 * LAST).mapToObj(n -> named(producer, n)).toList();
    assertEquals(2, backend.appends.get());
    nextHeld().lose();
    pass(Duration.ofSeconds(1));
    last.forEach(CompletableFuture::join);
    assertEquals(numbers(0, 2 * LAST), stored());
  }
}
