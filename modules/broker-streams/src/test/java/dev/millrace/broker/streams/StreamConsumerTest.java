package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import dev.millrace.broker.codec.jackson.JacksonCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamConsumerTest {
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final MemoryBackend backend =
      MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
  private final StreamsContext context =
      new StreamsContext(
          backend,
          new JacksonCodec(),
          clock,
          new Random(7),
          Telemetry.none(),
          1 << 20,
          Duration.ZERO,
          Duration.ofSeconds(5));
  private final BlockingQueue<Delivery> begun = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void aSlowHandlerKeepsItsLeaseAndIsNotRunTwice() throws Exception {
    var release = new CountDownLatch(1);
    var consumer = consumer("a", blocking(release));
    var other = consumer("b", blocking(release));
    send(1);
    Delivery delivery = begin();

    for (int i = 0; i < 20; i++) {
      advance(LEASE.dividedBy(2));
    }

    assertTrue(delivery.deadline().isAfter(clock.now()));
    assertTrue(count(consumer, "renewed") + count(other, "renewed") >= 10, "leases renewed");
    release.countDown();
    await().until(() -> count(consumer, "handled") + count(other, "handled") == 1);
    assertEquals(null, begun.poll(50, TimeUnit.MILLISECONDS));
  }

  @Test
  void aFailedMessageComesAgainAfterItsBackoff() throws Exception {
    var consumer =
        consumer(
            "a",
            (message, delivery) -> {
              begun.add(delivery);
              if (delivery.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
              return Outcome.done();
            });
    send(1);
    assertEquals(1, begin().attempt());
    await().until(() -> count(consumer, "retried") == 1);
    assertEquals(null, begun.poll(50, TimeUnit.MILLISECONDS));

    advance(Duration.ofSeconds(2));
    assertEquals(2, begin().attempt());
    await().until(() -> count(consumer, "retried") == 2);
    advance(Duration.ofSeconds(4));
    assertEquals(3, begin().attempt());
    await().until(() -> count(consumer, "handled") == 1);
  }

  @Test
  void messagesOfAConsumerThatStopsGoToTheOthersAtOnce() throws Exception {
    var release = new CountDownLatch(1);
    Consumer stopping = consumer("a", blocking(release));
    send(2);
    begin();
    begin();
    var other = new LinkedBlockingQueue<Message>();
    consumer(
        "b",
        (message, delivery) -> {
          other.add(message);
          return Outcome.done();
        });

    DrainReport report = stopping.stop(Duration.ZERO);

    assertEquals(2, report.cutOff());
    assertTrue(other.poll(5, TimeUnit.SECONDS) != null);
    assertTrue(other.poll(5, TimeUnit.SECONDS) != null);
  }

  @Test
  void whatWasReadAheadIsHandedBackWhenStopping() throws Exception {
    var release = new CountDownLatch(1);
    var quick = new AtomicInteger(200);
    Consumer consumer =
        Consumers.create(
            "a",
            config("a").concurrency(1).build(),
            (message, delivery) -> {
              if (quick.decrementAndGet() < 0) {
                begun.add(delivery);
                release.await();
              }
              return Outcome.done();
            },
            context,
            () -> {});
    consumer.start();
    send(1_000);
    begin();
    await().until(() -> count(consumer, "received") > 201);

    Thread.startVirtualThread(
        () -> {
          await().until(() -> consumer.state() == Component.State.DRAINING);
          release.countDown();
        });
    DrainReport report = consumer.stop(Duration.ofSeconds(5));

    assertEquals(0, report.cutOff());
    assertTrue(report.handedBack() > 0, report.toString());
    assertEquals(201, count(consumer, "handled"));

    var rest = new AtomicInteger();
    consumer(
        "b",
        (message, delivery) -> {
          rest.incrementAndGet();
          return Outcome.done();
        });
    await().until(() -> rest.get() == 799);
  }

  @Test
  void aLostLeaseInterruptsTheHandlerAndItsOutcomeDoesNotCount() throws Exception {
    var interrupted = new CountDownLatch(1);
    var consumer =
        consumer(
            "a",
            (message, delivery) -> {
              begun.add(delivery);
              if (delivery.attempt() == 1) {
                try {
                  new CountDownLatch(1).await();
                } catch (InterruptedException lost) {
                  interrupted.countDown();
                }
              }
              return Outcome.done();
            });
    send(1);
    Delivery first = begin();

    // The stream is deleted under the handler: its lease cannot be renewed any more.
    backend.log().delete("s").toCompletableFuture().get(5, TimeUnit.SECONDS);
    advance(LEASE.dividedBy(2));

    assertTrue(interrupted.await(5, TimeUnit.SECONDS));
    assertTrue(first.cancelled());
    await().until(() -> count(consumer, "leases lost") == 1);
    assertEquals(0, count(consumer, "handled"));
  }

  @Test
  void aMessageNobodyHandlesForAnHourIsADeadLetter() throws Exception {
    var consumer =
        consumer(
            "a",
            (message, delivery) -> {
              throw new NoHandlerException(message.stream(), "X");
            });
    send(1);
    await().until(() -> count(consumer, "unhandled") == 1);
    for (int minute = 0; minute < 65; minute++) {
      long before = count(consumer, "unhandled");
      advance(Duration.ofMinutes(1));
      await()
          .pollInterval(Duration.ofMillis(2))
          .until(
              () -> count(consumer, "unhandled") > before || count(consumer, "dead-lettered") == 1);
    }
    assertEquals(1, count(consumer, "dead-lettered"));
  }

  @Test
  void startingAndStoppingFromManyThreadsLosesNothing() throws Exception {
    var handled = new AtomicInteger();
    Consumer consumer =
        consumer(
            "a",
            (message, delivery) -> {
              handled.incrementAndGet();
              return Outcome.done();
            });
    var threads =
        java.util.stream.IntStream.range(0, 8)
            .mapToObj(
                t ->
                    Thread.startVirtualThread(
                        () -> {
                          for (int round = 0; round < 20; round++) {
                            switch ((t + round) % 4) {
                              case 0 -> consumer.stop(Duration.ofSeconds(5));
                              case 1 -> consumer.pause();
                              case 2 -> consumer.resume();
                              default -> consumer.start();
                            }
                          }
                        }))
            .toList();
    send(2_000);
    for (Thread thread : threads) {
      assertTrue(thread.join(Duration.ofSeconds(30)));
    }
    consumer.start();
    consumer.resume();
    await().until(() -> handled.get() >= 2_000);
    assertEquals(2_000, handled.get());
    assertFalse(consumer.info().lastError().isPresent());
  }

  private OutcomeHandler<Message> blocking(CountDownLatch release) {
    return (message, delivery) -> {
      begun.add(delivery);
      release.await();
      return Outcome.done();
    };
  }

  private static ConsumerConfig.Builder config(String name) {
    return ConsumerConfig.builder("s")
        .group("g")
        .consumerName(name)
        .lease(LEASE)
        .retry(RetryPolicy.builder().jitter(0).build());
  }

  private Consumer consumer(String name, OutcomeHandler<? super Message> handler) {
    Consumer consumer = Consumers.create(name, config(name).build(), handler, context, () -> {});
    consumer.start();
    return consumer;
  }

  private void send(int messages) {
    try (var producer = Producers.simple("p", StreamConfig.of("s"), context, () -> {})) {
      producer.start();
      producer.sendAll(
          java.util.stream.IntStream.range(0, messages).mapToObj(i -> Fields.of("n", i)).toList());
    }
  }

  private Delivery begin() throws InterruptedException {
    Delivery delivery = begun.poll(5, TimeUnit.SECONDS);
    assertTrue(delivery != null, "no handler began within 5 s");
    return delivery;
  }

  private void advance(Duration time) {
    clock.advance(time);
  }

  private static long count(Component component, String what) {
    return component.info().counts().get(what);
  }
}
