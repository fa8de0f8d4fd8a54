package dev.millrace.broker.scheduling.micronaut;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.TaskScheduling;
import io.micronaut.scheduling.ScheduledExecutorTaskScheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MicronautSchedulingTest {
  private final ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(1);
  private final ScheduledExecutorTaskScheduler bean = new ScheduledExecutorTaskScheduler(threads);

  @org.junit.jupiter.api.AfterEach
  void close() {
    threads.shutdownNow();
  }

  @Test
  void aTaskRunsOnceAfterItsDelay() throws Exception {
    var ran = new CompletableFuture<String>();
    long begun = System.nanoTime();
    MicronautScheduling.on(bean)
        .schedule(Duration.ofMillis(50), () -> ran.complete(Thread.currentThread().getName()));
    assertTrue(ran.get(5, TimeUnit.SECONDS).startsWith("pool-"));
    assertTrue(System.nanoTime() - begun >= Duration.ofMillis(50).toNanos());
  }

  @Test
  void aCancelledTaskDoesNotRun() throws Exception {
    var scheduling = MicronautScheduling.on(bean);
    var ran = new AtomicInteger();
    var timer = scheduling.schedule(Duration.ofMillis(20), ran::incrementAndGet);
    timer.cancel();
    timer.cancel();
    var later = new CountDownLatch(1);
    scheduling.schedule(Duration.ofMillis(60), later::countDown);
    assertTrue(later.await(5, TimeUnit.SECONDS));
    assertEquals(0, ran.get());
  }

  @Test
  void closingLeavesTheApplicationsSchedulerAlone() {
    MicronautScheduling.on(bean).close();
    assertFalse(threads.isShutdown());
  }

  @Test
  void closingEndsOnesOwnSchedulerAndForgetsItsTasks() {
    TaskScheduling own = new MicronautSchedulingProvider().open();
    var ran = new CompletableFuture<Thread>();
    own.schedule(Duration.ZERO, () -> ran.complete(Thread.currentThread()));
    own.schedule(Duration.ofHours(1), () -> {});
    Thread thread = ran.orTimeout(5, TimeUnit.SECONDS).join();
    assertEquals("millrace-micronaut", thread.getName());
    own.close();
    own.close();
    await().until(() -> !thread.isAlive());
    var error =
        assertThrows(InvalidStateException.class, () -> own.schedule(Duration.ZERO, () -> {}));
    assertTrue(error.getMessage().contains("shut down"), error.getMessage());
  }

  @Test
  void aManagerCleansByItBecauseItIsOnThePath() {
    try (var manager = StreamManager.connect("memory:")) {
      cleans(manager);
      assertTrue(
          Thread.getAllStackTraces().keySet().stream()
              .anyMatch(thread -> thread.getName().equals("millrace-micronaut")));
    }
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("millrace-micronaut")));
  }

  @Test
  void aManagerCleansByTheApplicationsBean() {
    var config = BrokerConfig.builder().scheduling(MicronautScheduling.on(bean)).build();
    try (var manager = StreamManager.connect("memory:", config)) {
      cleans(manager);
      assertTrue(threads.getCompletedTaskCount() > 0);
    }
    assertFalse(threads.isShutdown());
    assertTrue(
        threads.getQueue().isEmpty()
            || threads.getQueue().stream().allMatch(MicronautSchedulingTest::over));
  }

  private static boolean over(Runnable timer) {
    return ((java.util.concurrent.Future<?>) timer).isCancelled();
  }

  private static void cleans(StreamManager manager) {
    var producer =
        manager.createSimpleProducer(
            "p",
            StreamConfig.builder("s")
                .maxLength(10)
                .minRetentionTime(Duration.ZERO)
                .minRetentionCount(0)
                .cleanupInterval(Duration.ofMillis(100))
                .build());
    for (int i = 0; i < 50; i++) {
      producer.send(Fields.of("n", i));
    }
    await()
        .until(() -> manager.find("cleaner:s").orElseThrow().info().counts().get("removed") == 40);
  }
}
