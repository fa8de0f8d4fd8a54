package dev.millrace.broker.faults;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Durable events under the faults that make gaps in live ones, and in a killed process: none is
 * missed.
 */
class DurableEventFaultTest {
  private static final String NAME = "log";

  /** A scene with a group that keeps the events of the channel. */
  private static final class Stage implements AutoCloseable {
    final Scene scene = new Scene();
    final RespProxy proxy = RespProxy.before(scene.redis().host(), scene.redis().port());
    private final AtomicInteger hearers = new AtomicInteger();

    Stage() {
      scene.closing(proxy);
    }

    ChildJvm hearer(String... args) {
      var all = new ArrayList<String>();
      all.add("url=" + proxy.url() + "?commandTimeout=1s");
      all.add("durable=" + NAME);
      all.add("history=" + scene.file("hearer-" + hearers.incrementAndGet()));
      all.addAll(List.of(args));
      return scene.child(FaultHearer.class, "64m", all.toArray(String[]::new));
    }

    Announcer announcer() {
      return scene.closing(new Announcer(scene.sender(), scene.sending(), 300, 100));
    }

    void awaitHandled(long more) {
      long before = scene.handled();
      Scene.await("events are handled", Scene.SOON, () -> scene.handled() >= before + more);
    }

    /** Once everything accepted has come out: the check. */
    void drained(int duplicatesAllowed, Evidence evidence) {
      try {
        Scene.await(
            "everything accepted has come out and nothing is pending",
            Scene.SOON,
            () -> scene.check().lost().isEmpty() && pending() == 0);
      } catch (AssertionError late) {
        throw new AssertionError(
            late.getMessage() + "; lost " + scene.check().lost() + ", pending " + pending(), late);
      }
      TotalQueueCheck check = scene.check();
      System.out.printf(
          "faults: %d accepted, %d twice; %s%n",
          check.acknowledged().size(), check.duplicates(), evidence);
      check.assertSound(duplicatesAllowed);
      evidence.assertSeen();
    }

    private long pending() {
      Object summary = scene.redis().command("XPENDING", Names.events(Note.CHANNEL), NAME);
      return Long.parseLong(String.valueOf(((List<?>) summary).getFirst()));
    }

    @Override
    public void close() throws Exception {
      scene.close();
    }
  }

  @Test
  void eventsOfAKilledProcessAreHandledByTheNextOneAndThoseInBetweenToo() throws Exception {
    try (var stage = new Stage()) {
      ChildJvm doomed = stage.hearer("millis=50");
      Announcer announcer = stage.announcer();
      stage.awaitHandled(30);
      doomed.kill();
      int then = announcer.sent().size();
      Scene.await(
          "events come while nobody hears", Scene.SOON, () -> announcer.sent().size() > then + 100);
      long left = stage.pending();
      stage.hearer();
      stage.awaitHandled(100);
      announcer.close();
      stage.drained(
          8,
          new Evidence()
              .of("the process was killed", !doomed.alive())
              .of("events were in its hands", left));
    }
  }

  @Test
  void killedConnectionsMissNothing() throws Exception {
    try (var stage = new Stage()) {
      stage.hearer();
      Announcer announcer = stage.announcer();
      var evidence = new Evidence();
      for (int round = 0; round < Rounds.sized(3, 20); round++) {
        stage.awaitHandled(50);
        evidence
            .of(
                "subscriptions killed",
                stage.scene.redis().number("CLIENT", "KILL", "TYPE", "pubsub"))
            .of("connections cut", stage.proxy.cutAll());
      }
      stage.awaitHandled(50);
      announcer.close();
      stage.drained(64, evidence);
    }
  }

  @Test
  void restartOfRedisMissesNothing() throws Exception {
    try (var stage = new Stage()) {
      stage.hearer();
      Announcer announcer = stage.announcer();
      stage.awaitHandled(50);
      String run = stage.scene.redis().info("server", "run_id");
      stage.scene.redis().kill();
      stage.scene.redis().start();
      stage.awaitHandled(100);
      announcer.close();
      stage.drained(
          64,
          new Evidence()
              .of(
                  "another run of the server",
                  !run.equals(stage.scene.redis().info("server", "run_id"))));
    }
  }

  @Test
  void halfOpenLinkMissesNothing() throws Exception {
    try (var stage = new Stage()) {
      stage.hearer();
      Announcer announcer = stage.announcer();
      stage.awaitHandled(50);
      long links = stage.proxy.connections();
      stage.proxy.freeze();
      Scene.await(
          "the link is given up",
          Duration.ofSeconds(20),
          () -> stage.proxy.connections() > links + 1);
      stage.proxy.heal();
      stage.awaitHandled(100);
      announcer.close();
      stage.drained(64, new Evidence().of("requests and replies held", stage.proxy.held()));
    }
  }
}
