package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.fault.Evidence;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Fault 6: the power goes, and with it what the disk had not been told to keep. */
class PowerLossTest {
  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void nothingAcceptedIsLostWhereEveryWriteIsSynced() throws Exception {
    Rounds.run("nothingAcceptedIsLostWhereEveryWriteIsSynced", (random, seed) -> loss(true));
  }

  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void onlyTheLastMomentsAreLostWhereTheServerSyncsEverySecond() throws Exception {
    Rounds.run(
        "onlyTheLastMomentsAreLostWhereTheServerSyncsEverySecond", (random, seed) -> loss(false));
  }

  private static void loss(boolean always) throws Exception {
    try (var scene = new Scene("--appendfsync", always ? "always" : "everysec")) {
      Broker sender =
          scene.sender(
              scene.redis().url() + "?commandTimeout=500ms",
              SendPolicy.defaults().withDeadline(Duration.ZERO));
      Path log = scene.appendOnlyFile();
      Set<String> safe;
      long mark;
      long cut;
      try (var load = new Load(sender, scene.sending(), 300, n -> Job.ok("p-" + n))) {
        Scene.await("sending", Scene.SOON, () -> load.sent() > 100);
        safe = scene.check().acknowledged();
        mark = Files.size(log);
        // What was written this long ago is synced; what came later is taken to be not.
        Scene.holds("more than two syncs", Duration.ofMillis(2_100), () -> true);
        scene.redis().pause();
        // With every write synced before its answer the end of the file is the last mark.
        cut = truncate(log, always ? Files.size(log) : mark);
        scene.redis().kill();
      }
      scene.redis().start();
      TotalQueueCheck accepted = scene.check();
      scene.closing(new LocalWorker(scene, "w", scene.redis().url(), b -> {}));
      Scene.await(
          "what is left is handled",
          Duration.ofSeconds(10),
          () -> scene.pending() == 0 && scene.handled() >= scene.length());
      TotalQueueCheck check = scene.check();
      System.out.printf(
          "faults: %d acknowledged, %d safe, %d bytes cut, %d lost%n",
          accepted.acknowledged().size(), safe.size(), cut, check.lost().size());
      assertTrue(check.lost().stream().noneMatch(safe::contains), "a synced message is lost");
      assertEquals(Set.of(), check.unexpected());
      if (always) {
        assertEquals(Set.of(), check.lost());
        new Evidence()
            .of("acknowledged after the mark", check.acknowledged().size() - safe.size())
            .assertSeen();
      } else {
        new Evidence().of("bytes cut", cut).of("lost", check.lost().size()).assertSeen();
      }
    }
  }

  private static long truncate(Path log, long to) throws IOException {
    long size = Files.size(log);
    try (var file = FileChannel.open(log, StandardOpenOption.WRITE)) {
      file.truncate(to);
    }
    return size - to;
  }
}
