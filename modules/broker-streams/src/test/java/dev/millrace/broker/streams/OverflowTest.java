package dev.millrace.broker.streams;

import static dev.millrace.broker.streams.QueueRig.config;
import static dev.millrace.broker.streams.QueueRig.numbers;
import static dev.millrace.broker.streams.QueueRig.send;
import static dev.millrace.broker.streams.QueueRig.sendAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamFullException;
import dev.millrace.broker.testkit.LimitedBackend;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverflowTest {
  private static final Overflow BLOCK = Overflow.block(Duration.ofSeconds(5));

  private final QueueRig rig = new QueueRig();

  @AfterEach
  void close() {
    rig.close();
  }

  private static SendPolicy policy(boolean idempotent) {
    return idempotent ? SendPolicy.defaults() : SendPolicy.plain();
  }

  private static StreamConfig limited(Overflow overflow, boolean idempotent) {
    return config(b -> b.maxLength(100).overflow(overflow).sending(policy(idempotent)));
  }

  private static StreamFullException full(CompletableFuture<?> sent) {
    return assertInstanceOf(
        StreamFullException.class, assertThrows(CompletionException.class, sent::join).getCause());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatFindsNoRoomWaitsForItInOrder(boolean idempotent) {
    var producer = rig.simple(rig.backend, limited(BLOCK, idempotent));
    var first = sendAll(producer, 1, 100);
    first.forEach(CompletableFuture::join);
    var behind = sendAll(producer, 101, 160);
    rig.pass(Duration.ofSeconds(1));
    assertTrue(behind.stream().noneMatch(CompletableFuture::isDone));
    assertEquals(100, rig.unsettled());
    rig.consume(10);
    rig.until(behind.subList(0, 10));
    assertTrue(behind.subList(10, 60).stream().noneMatch(CompletableFuture::isDone));
    rig.consume(50);
    rig.until(behind);
    assertEquals(numbers(1, 160), rig.stored());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatWaitsTooLongEndsAndIsNotStored(boolean idempotent) {
    var producer = rig.simple(rig.backend, limited(BLOCK, idempotent));
    sendAll(producer, 1, 100).forEach(CompletableFuture::join);
    var early = send(producer, 101);
    rig.pass(Duration.ofSeconds(3));
    var late = send(producer, 102);
    rig.pass(Duration.ofMillis(2_500));
    assertEquals(100, full(early).backlog());
    assertFalse(late.isDone());
    rig.consume(5);
    rig.until(java.util.List.of(late));
    late.join();
    assertEquals(101, rig.stored().size());
    assertEquals("102", rig.stored().getLast());
  }

  @Test
  void waitingForRoomIsNotWaitingForAnAnswer() {
    var policy = SendPolicy.defaults().withDeadline(Duration.ofSeconds(1));
    var producer =
        rig.simple(
            rig.backend,
            config(
                b ->
                    b.maxLength(100)
                        .overflow(Overflow.block(Duration.ofMinutes(1)))
                        .sending(policy)));
    sendAll(producer, 1, 100).forEach(CompletableFuture::join);
    var behind = sendAll(producer, 101, 400);
    rig.pass(Duration.ofSeconds(20));
    assertTrue(behind.stream().noneMatch(CompletableFuture::isDone));
    for (int i = 0; i < 3; i++) {
      rig.consume(100);
      rig.until(behind.subList(i * 100, i * 100 + 100));
    }
    behind.forEach(CompletableFuture::join);
    assertEquals(numbers(1, 400), rig.stored());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rejectingTellsAtOnce(boolean idempotent) {
    var producer = rig.simple(rig.backend, limited(Overflow.reject(), idempotent));
    sendAll(producer, 1, 100).forEach(CompletableFuture::join);
    full(send(producer, 101));
    rig.consume(1);
    send(producer, 102).join();
    assertEquals("102", rig.stored().getLast());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void droppingIsNotForProducers(boolean idempotent) {
    var producer = rig.simple(rig.backend, limited(Overflow.drop(), idempotent));
    sendAll(producer, 1, 300).forEach(CompletableFuture::join);
    assertEquals(300, rig.unsettled());
  }

  @Test
  void aLostAnswerNearTheLimitIsRepeatedAndStoredOnce() {
    var producer = rig.simple(rig.backend, limited(BLOCK, true));
    sendAll(producer, 1, 99).forEach(CompletableFuture::join);
    rig.backend.next(LossyBackend.Fault.ANSWER_LOST);
    var last = sendAll(producer, 100, 102);
    rig.consume(3);
    rig.until(last);
    last.forEach(CompletableFuture::join);
    assertEquals(numbers(1, 102), rig.stored());
  }

  @Test
  void withoutAGuardALookAtTheStreamDecides() {
    var producer = rig.simple(LimitedBackend.rabbitMqLike(rig.backend), limited(BLOCK, true));
    sendAll(producer, 1, 100).forEach(CompletableFuture::join);
    rig.pass(Duration.ofMillis(300));
    send(producer, 101);
    rig.pass(Duration.ofMillis(300));
    var behind = send(producer, 102);
    rig.pass(Duration.ofSeconds(1));
    assertFalse(behind.isDone());
    rig.consume(50);
    rig.until(java.util.List.of(behind));
    behind.join();
  }

  @Test
  void withoutAGroupNothingIsFull() {
    var config = StreamConfig.builder("free").maxLength(100).overflow(Overflow.reject()).build();
    var producer = rig.simple(rig.backend, config);
    sendAll(producer, 1, 300).forEach(CompletableFuture::join);
    assertEquals(300, rig.stored("free").size());
  }

  @Test
  void aStreamFarFromItsLimitIsLookedAtFourTimesASecondAtMost() {
    var producer = rig.simple(rig.backend, config(b -> b));
    send(producer, 1).join();
    long before = rig.backend.looks.get();
    for (int i = 0; i < 100; i++) {
      send(producer, i).join();
      rig.pass(Duration.ofMillis(10));
    }
    long looks = rig.backend.looks.get() - before;
    assertTrue(looks >= 3 && looks <= 4, looks + " looks");
    rig.pass(Duration.ofSeconds(10));
    assertEquals(looks, rig.backend.looks.get() - before);
  }
}
