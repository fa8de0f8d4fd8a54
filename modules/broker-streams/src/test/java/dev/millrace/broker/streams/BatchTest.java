package dev.millrace.broker.streams;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BatchHandler;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeBatchHandler;
import dev.millrace.broker.api.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Handlers that take several messages at once. */
class BatchTest {
  private final Rig rig = new Rig();
  private final BlockingQueue<List<String>> batches = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    rig.close();
  }

  private Consumer start(
      UnaryOperator<ConsumerConfig.Builder> config, OutcomeBatchHandler<Message> handler) {
    return rig.start(
        Consumers.createBatch("a", Rig.config("a", config), handler, rig.process(), () -> {}));
  }

  private Consumer start(
      UnaryOperator<ConsumerConfig.Builder> config, BatchHandler<Message> handler) {
    return start(config, Consumers.acknowledgingAll(handler));
  }

  private static List<String> ids(List<Message> batch) {
    return batch.stream().map(Message::id).toList();
  }

  private List<String> next() throws InterruptedException {
    List<String> batch = batches.poll(5, TimeUnit.SECONDS);
    assertTrue(batch != null, "no batch within 5 s");
    return batch;
  }

  @Test
  void messagesComeInBatchesOfTheSizeAskedFor() throws Exception {
    rig.send(9);
    Consumer consumer =
        start(
            config -> config.concurrency(1).batch(3, Duration.ofSeconds(10)),
            batch -> {
              batches.add(ids(batch));
            });
    assertEquals(List.of("m0", "m1", "m2"), next());
    assertEquals(List.of("m3", "m4", "m5"), next());
    assertEquals(List.of("m6", "m7", "m8"), next());
    Rig.awaitCount(consumer, "handled", 9);
    assertEquals(0, rig.unsettled());
  }

  @Test
  void batchThatIsNotFullGoesWhenItsTimeIsUp() throws Exception {
    Consumer consumer =
        start(
            config -> config.batch(100, Duration.ofSeconds(10)),
            batch -> {
              batches.add(ids(batch));
            });
    rig.send(2);
    Rig.awaitCount(consumer, "received", 2);
    assertEquals(null, batches.poll(50, TimeUnit.MILLISECONDS));
    rig.clock.advance(Duration.ofSeconds(10));
    assertEquals(List.of("m0", "m1"), next());
    Rig.awaitCount(consumer, "handled", 2);
  }

  @Test
  void batchThatWaitsForNothingTakesWhatCameTogether() throws Exception {
    rig.send(2);
    start(
        config -> config.batch(100, Duration.ZERO),
        batch -> {
          batches.add(ids(batch));
        });
    assertEquals(List.of("m0", "m1"), next());
  }

  @Test
  void oneBadMessageOfABatchCondemnsOnlyItself() {
    Consumer consumer =
        start(
            config ->
                config
                    .batch(10, Duration.ofSeconds(1))
                    .retry(
                        RetryPolicy.builder()
                            .maxAttempts(2)
                            .firstDelay(Duration.ZERO)
                            .maxDelay(Duration.ZERO)
                            .build()),
            batch -> {
              batches.add(ids(batch));
              if (ids(batch).contains("m4")) {
                throw new IllegalStateException("m4 is bad");
              }
            });
    rig.send(10);
    Rig.awaitCount(consumer, "handled", 9);
    assertEquals("m4", rig.deadLetter().id().orElseThrow());
    assertEquals("2", rig.deadLetter().headers().get("dead.attempts"));
    await().until(() -> rig.unsettled() == 0);
    assertEquals(2, batches.stream().filter(List.of("m4")::equals).count());
  }

  @Test
  void eachMessageOfABatchMayHaveAnOutcomeOfItsOwn() {
    Consumer consumer =
        start(
            config -> config.batch(3, Duration.ofSeconds(1)),
            (batch, deliveries) ->
                batch.stream()
                    .map(
                        message ->
                            switch (message.id()) {
                              case "m0" -> Outcome.done();
                              case "m1" -> Outcome.skip("not ours");
                              default -> Outcome.deadLetter("wrong");
                            })
                    .toList());
    rig.send(3);
    assertEquals("m2", rig.deadLetter().id().orElseThrow());
    Rig.awaitCount(consumer, "handled", 1);
    Rig.awaitCount(consumer, "skipped", 1);
  }

  @Test
  void wrongNumberOfOutcomesIsAFailure() {
    Consumer consumer =
        start(
            config -> config.batch(3, Duration.ofSeconds(1)).retry(RetryPolicy.none()),
            (batch, deliveries) -> List.of());
    rig.send(3);
    await().until(() -> rig.deadLetters().size() == 3);
    assertEquals(3, Rig.count(consumer, "failed"));
  }

  @Test
  void whatWaitsForABatchIsHandedBackWhenStopping() {
    Consumer consumer =
        start(
            config -> config.batch(100, Duration.ofSeconds(50)),
            batch -> {
              batches.add(ids(batch));
            });
    rig.send(5);
    Rig.awaitCount(consumer, "received", 5);
    assertEquals(5, consumer.stop(Duration.ofSeconds(1)).handedBack());
    assertEquals(5, rig.unsettled());
    consumer.start();
    await()
        .until(
            () -> {
              rig.clock.advance(Duration.ofSeconds(50));
              return rig.unsettled() == 0;
            });
  }

  @Test
  void timeLimitOfABatchCondemnsOnlyTheMessageThatTakesTooLong() {
    Consumer consumer =
        start(
            config ->
                config
                    .batch(3, Duration.ofSeconds(1))
                    .handlerTimeout(Duration.ofSeconds(3))
                    .retry(RetryPolicy.none()),
            batch -> {
              batches.add(ids(batch));
              if (ids(batch).contains("m1")) {
                new java.util.concurrent.CountDownLatch(1).await();
              }
            });
    rig.send(3);
    await().until(() -> batches.size() == 1);
    rig.clock.advance(Duration.ofSeconds(3));
    await().until(() -> batches.contains(List.of("m1")));
    rig.clock.advance(Duration.ofSeconds(3));
    assertEquals("m1", rig.deadLetter().id().orElseThrow());
    Rig.awaitCount(consumer, "handled", 2);
  }
}
