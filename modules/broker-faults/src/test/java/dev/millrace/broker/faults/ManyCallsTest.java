package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.faults.FaultServer.Ask;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Many calls from several processes to several processes; many that are cancelled in time. */
class ManyCallsTest {
  private static final int EACH = 5_000;
  private static final int CANCELLED = 1_000;
  private static final Duration KEPT = Duration.ofSeconds(5);
  private static final Duration ALL = Duration.ofSeconds(100);
  private static final String REQUESTS = "{" + FaultWorker.STREAM + "}:rpc";

  private static ChildJvm server(Scene scene) {
    return scene.child(FaultServer.class, "192m", "slots=2000", "lease=10000");
  }

  private static ChildJvm caller(Scene scene, String prefix) {
    return scene.child(
        FaultCaller.class, "192m", "prefix=" + prefix, "count=" + EACH, "kept=" + KEPT.toMillis());
  }

  @Test
  void noReplyOfTenThousandCallsOfTwoProcessesIsCrossedThoughHalfTimeOutAndNothingStays()
      throws Exception {
    try (var scene = new Scene("--appendfsync", "no")) {
      ChildJvm first = server(scene);
      ChildJvm second = server(scene);
      Set<String> before = keys(scene);
      List<ChildJvm> callers = List.of(caller(scene, "a-"), caller(scene, "b-"));
      for (ChildJvm caller : callers) {
        caller.awaitLine("over", ALL);
        assertEquals(EACH / 2, told(caller, "patient Ok"), caller.lines()::toString);
        assertEquals(
            EACH / 2,
            told(caller, "brief NotStarted") + told(caller, "brief Unknown"),
            caller.lines()::toString);
        assertTrue(
            caller.lines().stream().noneMatch(line -> line.startsWith("crossed")),
            caller.lines()::toString);
        assertEquals(0, told(caller, "foreign"));
        assertEquals(0, told(caller, "waiting"));
      }
      long kept = keys(scene).size() - before.size();
      Scene.await(
          "what was kept of the calls is forgotten",
          KEPT.plusSeconds(10),
          () -> keys(scene).equals(before));
      List<String> started = new ArrayList<>(started(first));
      started.addAll(started(second));
      assertEquals(new HashSet<>(started).size(), started.size(), "started twice");
      new Evidence()
          .of("started by the first server", started(first).size())
          .of("started by the second server", started(second).size())
          .of("results that were kept for a while", kept)
          .of("timed out while their handlers ran", sum(callers, "brief Unknown"))
          .assertSeen();
      first.terminate();
      second.terminate();
      first.awaitExit(Scene.SOON);
      second.awaitExit(Scene.SOON);
      assertEquals(Set.of(), keys(scene), "the last server leaves nothing");
      System.out.printf(
          "faults: %d of %d calls were started, %d timed out in a handler%n",
          started.size(), 2 * EACH, sum(callers, "brief Unknown"));
    }
  }

  @Test
  void aThousandCallsThatAreCancelledBeforeAServerStartsAreNeverStarted() throws Exception {
    try (var scene = new Scene()) {
      Broker client = scene.sender();
      var calls = new ArrayList<CompletableFuture<Reply<String>>>();
      for (int i = 0; i < CANCELLED; i++) {
        calls.add(call(client, "x-" + i));
      }
      Scene.await(
          "all wait for a server",
          Scene.SOON,
          () -> scene.redis().number("XLEN", REQUESTS) == CANCELLED);
      calls.forEach(call -> call.cancel(true));
      Scene.await(
          "all are taken back", Scene.SOON, () -> scene.redis().number("XLEN", REQUESTS) == 0);
      ChildJvm server = server(scene);
      assertEquals(new Reply.Ok<>("done probe"), call(client, "probe").get());
      assertEquals(List.of("probe"), started(server));
      assertEquals(
          CANCELLED, client.requests().info().counts().get("not-started"), "taken back in time");
      assertTrue(keys(scene).stream().noneMatch(key -> key.contains("/x-")), keys(scene)::toString);
    }
  }

  private static CompletableFuture<Reply<String>> call(Broker client, String id) {
    return client.callAsync(
        FaultServer.TYPE,
        new Ask(id, 0),
        String.class,
        Duration.ofSeconds(60),
        SendOptions.none().id(id));
  }

  private static Set<String> keys(Scene scene) {
    var keys = new TreeSet<String>();
    ((List<?>) scene.redis().command("KEYS", "*")).forEach(key -> keys.add(String.valueOf(key)));
    return keys;
  }

  /** The ids that its handlers were given. */
  private static List<String> started(ChildJvm server) {
    return server.lines().stream()
        .filter(line -> line.startsWith("effect "))
        .map(line -> line.substring("effect ".length()))
        .toList();
  }

  private static int sum(List<ChildJvm> callers, String what) {
    return callers.stream().mapToInt(caller -> told(caller, what)).sum();
  }

  /** The number at the end of a line; 0 if there is none. */
  private static int told(ChildJvm caller, String what) {
    return caller.lines().stream()
        .filter(line -> line.startsWith(what + " "))
        .mapToInt(line -> Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElse(0);
  }
}
