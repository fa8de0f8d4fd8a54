package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.faults.FaultServer.Ask;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Fault 20: SIGTERM to a process with tasks, calls and events in flight. */
class TerminationTest {
  private static final int TASKS = 100;
  private static final int CALLS = 100;
  private static final int EVENTS = 1_000;

  /** Of each pattern so many have handlers that would go on for a minute. */
  private static final int ENDLESS = 30;

  private static final long MINUTE = 60_000;

  /** Longer than it takes to see that nothing is read any more, shorter than the deadline. */
  private static final long BRIEF = 2_500;

  private static final Duration DEADLINE = Duration.ofSeconds(4);
  private static final Duration CALLERS_WAIT = Duration.ofSeconds(60);
  private static final String REPORT = "shutdown: ";
  private static final Pattern FIGURES =
      Pattern.compile("finished (\\d+), handed back (\\d+), cut off (\\d+)");

  @Test
  void terminatedProcessDrainsHandsBackAndTellsOfAllThreePatterns() throws Exception {
    Rounds.run(
        "terminatedProcessDrainsHandsBackAndTellsOfAllThreePatterns",
        (random, seed) -> terminated());
  }

  private static void terminated() throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      ChildJvm doomed = node(scene, proxy.url());
      doomed.awaitLine("ready", Scene.SOON);
      Broker client = scene.sender();
      List<CompletableFuture<Reply<String>>> calls = inFlight(scene, client, doomed);
      long begun = System.nanoTime();
      doomed.terminate();
      Scene.await("it stops reading", Duration.ofMillis(3_500), () -> quiet(proxy));
      assertTrue(doomed.alive(), "it stopped reading only by its end");
      proxy.counts().clear();
      // What comes now is for others.
      for (int i = 0; i < 20; i++) {
        Load.send(client, scene.sending(), Job.ok("late-" + i));
      }
      int exit = doomed.awaitExit(Scene.SOON).orElseThrow();
      long took = Duration.ofNanos(System.nanoTime() - begun).toMillis();
      assertTrue(exit == 0 || exit == 143, "exit code " + exit);
      assertTrue(took <= DEADLINE.toMillis() + 4_000, "it took " + took + " ms");
      assertEquals(0, proxy.counts().of("XREADGROUP"), "it read after SIGTERM");
      assertEquals(0, count(doomed, "begin late"), "it began a task after SIGTERM");

      ChildJvm heir = node(scene, scene.url());
      // Long before its lease of a minute is over.
      Scene.await(
          "what was cut off is begun by another process",
          Duration.ofSeconds(15),
          () -> count(heir, "begin stuck-") == ENDLESS);
      assertCallersAreTold(calls, heir);
      var tasks = Drained.of(doomed, "broker:worker");
      var requests = Drained.of(doomed, "broker:server");
      var events = Drained.of(doomed, "broker:events-1");
      System.out.printf(
          "faults: SIGTERM to exit %d ms; tasks %s, requests %s, events %s%n",
          took, tasks, requests, events);
      assertEquals(ENDLESS, tasks.cutOff());
      assertEquals(ENDLESS, requests.cutOff());
      assertTrue(events.cutOff() >= ENDLESS, events::toString);
      assertEquals(TASKS, count(doomed, "end brief-") + tasks.cutOff());
      assertEquals(CALLS, count(doomed, "end quick-") + requests.cutOff());
      assertEquals(EVENTS, count(doomed, "tick") + events.cutOff());
      assertEquals(
          Drained.of(doomed, "").cutOff(), tasks.cutOff() + requests.cutOff() + events.cutOff());
      scene.drained(
          Duration.ofSeconds(15),
          0,
          () ->
              new Evidence()
                  .of("tasks cut off", count(doomed, "cut stuck-"))
                  .of("tasks drained", tasks.finished())
                  .of("calls drained", requests.finished())
                  .of("events drained", events.finished()));
    }
  }

  private static ChildJvm node(Scene scene, String url) {
    return scene.workerStarting(
        "128m",
        url,
        "jobs=" + TASKS,
        "requests=" + CALLS,
        "events=100",
        "lease=60000",
        "deadline=" + DEADLINE.toMillis());
  }

  /** All of it with the process: tasks and calls run, most events wait there for their turn. */
  private static List<CompletableFuture<Reply<String>>> inFlight(
      Scene scene, Broker client, ChildJvm node) {
    var calls = new ArrayList<CompletableFuture<Reply<String>>>();
    for (int i = 0; i < CALLS; i++) {
      boolean endless = i < ENDLESS;
      calls.add(call(client, (endless ? "endless-" : "quick-") + i, endless ? MINUTE : BRIEF));
    }
    for (int i = 0; i < TASKS; i++) {
      boolean endless = i < ENDLESS;
      String id = (endless ? "stuck-" : "brief-") + i;
      Load.send(client, scene.sending(), new Job(id, "stuck", endless ? MINUTE : BRIEF));
    }
    var published = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < EVENTS; i++) {
      published.add(client.publishAsync(FaultWorker.CHANNEL, i < ENDLESS ? MINUTE : 100));
    }
    CompletableFuture.allOf(published.toArray(CompletableFuture<?>[]::new)).join();
    node.awaitLine("heard " + EVENTS, Scene.SOON);
    Scene.await(
        "all tasks and calls run",
        Scene.SOON,
        () -> count(node, "begin") == TASKS && count(node, "effect") == CALLS);
    return calls;
  }

  private static CompletableFuture<Reply<String>> call(Broker client, String id, long millis) {
    return client.callAsync(
        FaultServer.TYPE,
        new Ask(id, millis),
        String.class,
        CALLERS_WAIT,
        SendOptions.none().id(id));
  }

  /** Quick ones are answered; those whose handlers were cut off are told so. */
  private static void assertCallersAreTold(
      List<CompletableFuture<Reply<String>>> calls, ChildJvm heir) throws Exception {
    for (int i = 0; i < CALLS; i++) {
      Reply<String> reply = calls.get(i).get(30, TimeUnit.SECONDS);
      if (i < ENDLESS) {
        assertTrue(
            reply instanceof Reply.RemoteError<String>(String code, String text)
                ? code.equals("CANCELLED")
                : reply instanceof Reply.Unknown,
            reply::toString);
      } else {
        assertEquals(new Reply.Ok<>("done quick-" + i), reply);
      }
    }
    assertEquals(0, count(heir, "effect"), "started again");
  }

  /** Whether no read has come for a moment. */
  private static boolean quiet(RespProxy proxy) {
    long before = proxy.counts().of("XREADGROUP");
    Scene.holds("a moment", Duration.ofSeconds(1), () -> true);
    return proxy.counts().of("XREADGROUP") == before;
  }

  private static long count(ChildJvm child, String prefix) {
    return child.lines().stream().filter(line -> line.startsWith(prefix)).count();
  }

  /** What its report says of a component, or of all of them. */
  private record Drained(long finished, long handedBack, long cutOff) {
    static Drained of(ChildJvm node, String component) {
      String share = component.isEmpty() ? REPORT : "; " + component + ": ";
      for (String line : node.lines()) {
        int at = line.contains(REPORT) ? line.indexOf(share) : -1;
        Matcher said = FIGURES.matcher(line);
        if (at >= 0 && said.find(at) && said.start() == at + share.length()) {
          return new Drained(number(said, 1), number(said, 2), number(said, 3));
        }
      }
      throw new AssertionError("no report of " + component);
    }

    private static long number(Matcher said, int group) {
      return Long.parseLong(said.group(group));
    }
  }
}
