package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.faults.FaultServer.Ask;
import dev.millrace.broker.testkit.fault.ChildJvm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Faults 20 and 23: a server of requests dies after the effect, stands still, is told to end. */
class RequestFaultTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private static ChildJvm server(Scene scene, String... args) {
    return scene.child(FaultServer.class, "64m", args);
  }

  private static CompletableFuture<Reply<String>> ask(Broker client, String id, long millis) {
    return client.callAsync(
        FaultServer.TYPE, new Ask(id, millis), String.class, LONG, SendOptions.none().id(id));
  }

  private static Reply<String> outcome(CompletableFuture<Reply<String>> call) throws Exception {
    return call.get(30, TimeUnit.SECONDS);
  }

  private static long count(ChildJvm server, String prefix) {
    return server.lines().stream().filter(line -> line.startsWith(prefix)).count();
  }

  @Test
  void serverKilledAfterTheEffectLeavesTheOutcomeUnknownAndNobodyStartsItAgain() throws Exception {
    try (var scene = new Scene()) {
      ChildJvm doomed = server(scene, "lease=1000");
      Broker client = scene.sender();
      assertEquals(new Reply.Ok<>("done early"), outcome(ask(client, "early", 0)));
      CompletableFuture<Reply<String>> call = ask(client, "k-1", 60_000);
      doomed.awaitLine("effect k-1", Scene.SOON);
      doomed.kill();
      // Nobody serves, and the result is there all the same.
      assertEquals(new Reply.Ok<>("done early"), outcome(ask(client, "early", 0)));
      ChildJvm heir = server(scene, "lease=1000");
      Reply<String> unknown = outcome(call);
      assertInstanceOf(Reply.Unknown.class, unknown);
      assertEquals(unknown, outcome(ask(client, "k-1", 0)));
      assertEquals(new Reply.Ok<>("done k-2"), outcome(ask(client, "k-2", 0)));
      assertEquals(0, count(heir, "effect k-1"), "it was started again");
      assertEquals(0, count(heir, "effect early"), "it was started again");
    }
  }

  @Test
  void serverThatStoodStillPastItsLeaseCannotAnswerAnyMore() throws Exception {
    try (var scene = new Scene()) {
      ChildJvm sleeper = server(scene, "lease=1000", "counts=told");
      Broker client = scene.sender();
      CompletableFuture<Reply<String>> call = ask(client, "s-1", 1_500);
      sleeper.awaitLine("effect s-1", Scene.SOON);
      sleeper.stall();
      ChildJvm heir = server(scene, "lease=1000");
      Reply<String> unknown = outcome(call);
      assertInstanceOf(Reply.Unknown.class, unknown);
      sleeper.resume();
      Scene.await(
          "the sleeper goes on",
          Scene.SOON,
          () -> count(sleeper, "end s-1") + count(sleeper, "cut s-1") == 1);
      sleeper.awaitLine("unanswered 1", Scene.SOON);
      CompletableFuture<Reply<String>> next = ask(client, "s-2", 0);
      assertEquals(new Reply.Ok<>("done s-2"), outcome(next));
      assertEquals(unknown, outcome(ask(client, "s-1", 0)), "the late answer was taken");
      assertEquals(0, count(heir, "effect s-1"), "it was started again");
    }
  }

  @Test
  void terminatedServerEndsInTimeAndEveryCallerIsTold() throws Exception {
    try (var scene = new Scene()) {
      ChildJvm server = server(scene, "slots=60", "deadline=2000", "lease=60000");
      Broker client = scene.sender();
      var brief = new ArrayList<CompletableFuture<Reply<String>>>();
      var endless = new ArrayList<CompletableFuture<Reply<String>>>();
      var queued = new ArrayList<CompletableFuture<Reply<String>>>();
      for (int i = 0; i < 30; i++) {
        brief.add(ask(client, "brief-" + i, 700));
        endless.add(ask(client, "endless-" + i, 60_000));
      }
      Scene.await("all run", Scene.SOON, () -> count(server, "effect") == 60);
      for (int i = 0; i < 40; i++) {
        queued.add(ask(client, "queued-" + i, 0));
      }
      long begun = System.nanoTime();
      server.terminate();
      int exit = server.awaitExit(Scene.SOON).orElseThrow();
      long took = Duration.ofNanos(System.nanoTime() - begun).toMillis();
      System.out.printf("faults: SIGTERM to exit %d ms, exit code %d%n", took, exit);
      assertTrue(took <= 2_000 + 4_000, "it took " + took + " ms");
      ChildJvm heir = server(scene);
      for (int i = 0; i < 30; i++) {
        assertEquals(new Reply.Ok<>("done brief-" + i), outcome(brief.get(i)));
        // Interrupted at the deadline: an error of its own, or nobody knows.
        Reply<String> cut = outcome(endless.get(i));
        assertTrue(
            cut instanceof Reply.RemoteError<String>(String code, String text)
                ? code.equals("CANCELLED")
                : cut instanceof Reply.Unknown,
            cut::toString);
      }
      // Some may have been read by the server as slots became free before it stopped.
      List<Reply<String>> rest = new ArrayList<>();
      for (CompletableFuture<Reply<String>> call : queued) {
        rest.add(outcome(call));
      }
      assertTrue(rest.stream().allMatch(reply -> reply instanceof Reply.Ok), rest::toString);
      assertEquals(0, count(heir, "effect brief") + count(heir, "effect endless"));
    }
  }
}
