package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.StreamAudit;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Fault 3: all cleaners at once, against what is pending, what is unread, and no group at all. */
class CleanerRaceTest {
  private static final int CLEANERS = 8;
  private static final String STREAM = FaultWorker.STREAM;
  private static final String GROUP = FaultWorker.GROUP;

  private static Trimming.Limits keepOne(Set<String> declared, boolean unreadProtects) {
    return new Trimming.Limits(
        OptionalLong.of(1), Optional.empty(), 0, Duration.ZERO, declared, unreadProtects, 100);
  }

  @Test
  void nothingUnreadOrUnacknowledgedIsRemoved() throws Exception {
    Rounds.run("nothingUnreadOrUnacknowledgedIsRemoved", (random, seed) -> needed());
  }

  /** A process dies with messages in its hands, so that there are pending ones for a while. */
  private static void needed() throws Exception {
    try (var scene = new Scene()) {
      ChildJvm doomed = scene.worker("jobs=8");
      scene.closing(new LocalWorker(scene, "w", scene.redis().url(), b -> b.maxJobs(8)));
      Broker sender = scene.sender();
      var cleaners =
          new Cleaners(scene.redis().url(), CLEANERS, STREAM, keepOne(Set.of(GROUP), true));
      try (cleaners) {
        try (var load = new Load(sender, scene.sending(), 600, n -> Job.ok("s-" + n, n % 20))) {
          Scene.await("entries go", Scene.SOON, () -> cleaners.removed() > 200);
          doomed.kill();
          int then = load.sent();
          Scene.await(
              "sending goes on", Scene.SOON, () -> load.sent() > then + Rounds.sized(500, 3_000));
        }
        scene.drained(
            Duration.ofSeconds(15),
            32,
            () ->
                new Evidence()
                    .of("slices that removed something", cleaners.slices())
                    .of("entries removed", cleaners.removed()));
      }
    }
  }

  @Test
  void groupThatIsDeclaredAndNotThereFindsEverything() throws Exception {
    Rounds.run("groupThatIsDeclaredAndNotThereFindsEverything", (random, seed) -> absent());
  }

  private static void absent() throws Exception {
    try (var scene = new Scene();
        var backend = Cleaners.open(scene.redis().url(), "looks")) {
      scene.closing(new LocalWorker(scene, "w", scene.redis().url(), b -> b.maxJobs(8)));
      Broker sender = scene.sender();
      TotalQueueCheck check;
      try (var cleaners =
          new Cleaners(
              scene.redis().url(), CLEANERS, STREAM, keepOne(Set.of(GROUP, "later"), true))) {
        for (int i = 0; i < 300; i++) {
          Load.send(sender, scene.sending(), Job.ok("s-" + i));
        }
        check =
            scene.drained(
                Duration.ofSeconds(15), 8, () -> new Evidence().of("looks", cleaners.looks()));
        long then = cleaners.looks();
        Scene.await("all look again", Scene.SOON, () -> cleaners.looks() > then + 10 * CLEANERS);
        assertEquals(0, cleaners.removed(), "removed before the group was there");
        backend.log().declare(new StreamSpec(STREAM, Set.of("later"))).toCompletableFuture().get();
      }
      assertEquals(check.acknowledged().size(), scene.length());
      assertEquals(
          check.acknowledged().size(),
          ((List<?>)
                  ((List<?>)
                          ((List<?>)
                                  scene
                                      .redis()
                                      .command(
                                          "XREADGROUP",
                                          "GROUP",
                                          "later",
                                          "me",
                                          "STREAMS",
                                          STREAM,
                                          ">"))
                              .getFirst())
                      .get(1))
              .size(),
          "what the late group is given");
    }
  }

  @Test
  void dropsAreCountedExactly() throws Exception {
    Rounds.run("dropsAreCountedExactly", (random, seed) -> drops());
  }

  /** What was accepted was done or dropped: by the audit, by the reports and by the ledger. */
  private static void drops() throws Exception {
    try (var scene = new Scene();
        var backend = Cleaners.open(scene.redis().url(), "looks")) {
      scene.closing(new LocalWorker(scene, "w", scene.redis().url(), b -> b.maxJobs(4)));
      Broker sender = scene.sender();
      StreamAudit audit = sender.streams().audit(STREAM);
      audit.begin();
      Map<String, Long> reported;
      try (var cleaners =
          new Cleaners(
              scene.redis().url(),
              CLEANERS,
              STREAM,
              new Trimming.Limits(
                  OptionalLong.of(20),
                  Optional.empty(),
                  0,
                  Duration.ZERO,
                  Set.of(GROUP),
                  false,
                  100))) {
        int jobs = Rounds.sized(1_500, 4_000);
        for (int i = 0; i < jobs; i++) {
          Load.send(sender, scene.sending(), Job.ok("s-" + i, 10));
        }
        Scene.await("nothing is left to do", Scene.SOON, () -> sum(audit).waiting() == 0);
        Scene.await("nothing is pending", Scene.SOON, () -> sum(audit).pending() == 0);
        reported = cleaners.dropped();
      }
      AuditSum sum = sum(audit);
      System.out.printf("faults: %s%n", sum);
      new Evidence().of("dropped", sum.dropped()).of("done", sum.done()).assertSeen();
      assertEquals(AuditSum.State.EXACT, sum.state());
      assertEquals(0, sum.missing().orElseThrow(), () -> "missing: " + sum);
      assertEquals(Map.of(GROUP, sum.dropped()), reported);
      var drops =
          backend
              .facet(Trimming.class)
              .orElseThrow()
              .drops(STREAM, 2_000)
              .toCompletableFuture()
              .get();
      long listed = drops.stream().mapToLong(drop -> drop.messages()).sum();
      // The ledger keeps about a thousand slices.
      assertTrue(drops.size() >= 1_000 || listed == sum.dropped(), () -> listed + " in " + drops);
    }
  }

  private static AuditSum sum(StreamAudit audit) {
    return audit.take().stream()
        .filter(each -> each.group().equals(GROUP))
        .findFirst()
        .orElseThrow();
  }
}
