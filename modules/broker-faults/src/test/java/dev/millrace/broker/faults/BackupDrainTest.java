package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.util.random.RandomGenerator.SplittableGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Backup producers: the stream is at its limit, Redis is away for a while or not, and the process
 * is killed while what has spilled is drained. Another one goes on from there.
 */
class BackupDrainTest {
  private static final int LIMIT = 300;

  /** The most that one append of a producer takes. */
  private static final int OVERSHOT = 256;

  private static final int THREADS = 64;
  private static final int EACH = 40;

  /** Every other seed with an outage of Redis. */
  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("numbers")
  void nothingIsLostOrDoubledOrOutOfOrderWhenTheProcessDiesWhileItDrains(int number)
      throws Exception {
    Rounds.run(
        "nothingIsLostOrDoubledOrOutOfOrderWhenTheProcessDiesWhileItDrains[" + number + "]",
        (random, seed) -> killed(random, number % 2 == 1));
  }

  private static IntStream numbers() {
    return IntStream.range(0, Rounds.sized(4, 10));
  }

  private static void killed(SplittableGenerator random, boolean outage) throws Exception {
    try (var scene = new Scene()) {
      ChildJvm doomed =
          scene.backupSender("limit=" + LIMIT, "threads=" + THREADS, "each=1000000", "gap=10");
      Scene.await("the backup fills", Scene.SOON, () -> backup(scene) > 2 * LIMIT);
      if (outage) {
        scene.redis().kill();
        doomed.awaitLine("switch BACKUP JOURNAL", Scene.SOON);
        Scene.await(
            "the journal fills", Scene.SOON, () -> waiting(doomed) > random.nextInt(1, 500));
        scene.redis().start();
      }
      long full = scene.redis().number("XLEN", BackupSender.STREAM);
      assertTrue(full <= LIMIT + OVERSHOT, full + " entries with a limit of " + LIMIT);
      StreamManager consumers =
          scene.closing(
              StreamManager.connect(
                  scene.redis().url(),
                  BrokerConfig.builder().consumerGroup(BackupSender.GROUP).build()));
      consumers.createConsumer(
          "orders",
          ConsumerConfig.builder(BackupSender.STREAM).concurrency(8).build(),
          message -> {});
      long drained = random.nextInt(1, 800);
      Scene.await(
          "draining has begun",
          Scene.SOON,
          () -> scene.redis().number("XLEN", BackupSender.STREAM) > full + drained);
      long left = backup(scene);
      doomed.kill();
      ChildJvm heir = scene.backupSender("limit=" + LIMIT, "threads=" + THREADS, "each=" + EACH);
      heir.awaitLine("sent", Scene.SOON);
      Scene.await(
          "all is drained",
          Scene.SOON,
          () ->
              backup(scene) == 0
                  && heir.lines().stream()
                      .filter(line -> line.startsWith("route "))
                      .reduce("", (before, last) -> last)
                      .equals("route PRIMARY backup 0 journal 0"));
      TotalQueueCheck check = Ledger.of(scene.redis(), BackupSender.STREAM).check(scene.all());
      var evidence =
          new Evidence()
              .of("left in the backup when it was killed", left)
              .of("went into the journal", !outage || waiting(doomed) > 0);
      System.out.printf(
          "faults: %d acknowledged, %d without an answer came out, none twice, %s%n",
          check.acknowledged().size(), check.recovered().size(), evidence);
      evidence.assertSeen();
    }
  }

  private static long backup(Scene scene) {
    return scene.redis().number("XLEN", "{" + BackupSender.STREAM + "}:backup");
  }

  /** The most that has waited in the journal of a sender. */
  private static long waiting(ChildJvm sender) {
    return sender.lines().stream()
        .filter(line -> line.startsWith("route "))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .max()
        .orElse(0);
  }
}
