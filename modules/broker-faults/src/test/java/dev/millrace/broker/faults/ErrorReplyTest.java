package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.testkit.fault.CommandCounts;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fault 29: the server answers with errors, and with what is no answer at all. */
class ErrorReplyTest {
  /** A server that refuses everything for a while is asked again now and then, not in a loop. */
  private static final long MOST_PER_SECOND = 60;

  /** After garbage each try needs a new connection, which begins with five commands. */
  private static final long MOST_WITH_RECONNECTS = 60;

  private static final Set<String> WORK =
      Set.of("XADD", "XREADGROUP", "EVALSHA", "EVAL", "XACK", "XPENDING", "XCLAIM", "XAUTOCLAIM");

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @CsvSource({
    "-LOADING Redis is loading the dataset in memory, unavailable",
    "-READONLY You can't write against a read only replica., unavailable",
    "-MASTERDOWN Link with MASTER is down, unavailable",
    "-MOVED 3999 127.0.0.1:1, unavailable",
    "-CLUSTERDOWN The cluster is down, unavailable",
    "-MISCONF Redis is configured to save RDB snapshots, MISCONF",
    "-OOM command not allowed when used memory > 'maxmemory'., OOM",
    "-NOSCRIPT No matching script., scripts",
    "?garbage, garbage"
  })
  void errorIsTypedAndConsumersGoOnAfterItWithoutAHotLoop(String line, String expected)
      throws Exception {
    Rounds.run("errorIsTyped…WithoutAHotLoop: " + line, (random, seed) -> errors(line, expected));
  }

  private static void errors(String line, String expected) throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      LocalWorker worker =
          scene.closing(
              new LocalWorker(
                  scene, "w", proxy.url(), b -> b.maxJobs(4).retry(RetryPolicy.none())));
      Broker sender = scene.sender(proxy.url(), SendPolicy.defaults().withDeadline(Duration.ZERO));
      Load.send(sender, scene.sending(), Job.ok("before"));
      Scene.await("it works", Scene.SOON, () -> worker.told("end") == 1);
      ProxyRule rule = proxy.answer(meant(expected), line, Long.MAX_VALUE);
      // Reads that wait are broken off, so that the next one meets the error.
      Job during = expected.equals("scripts") ? new Job("during", "throw", 0) : Job.ok("during");
      Load.send(scene.sender(), scene.sending(), during);
      Scene.await(
          "the error was answered", Scene.SOON, () -> rule.hits() > 0 || scene.pending() == 0);
      String outcome = expected.equals("scripts") ? "accepted" : outcome(sender, scene);
      proxy.counts().clear();
      Scene.holds("errors", Duration.ofMillis(Rounds.sized(1_200, 5_000)), () -> true);
      long busiest = proxy.counts().busiestSecond();
      CommandCounts what = proxy.counts();
      proxy.remove(rule);
      for (int i = 0; i < 10; i++) {
        Load.send(scene.sender(), scene.sending(), Job.ok("after-" + i));
      }
      scene.drained(
          Duration.ofSeconds(15), 4, () -> new Evidence().of("errors answered", rule.hits()));
      System.out.printf("faults: %s → %s, at most %d requests a second%n", line, outcome, busiest);
      long most = expected.equals("garbage") ? MOST_WITH_RECONNECTS : MOST_PER_SECOND;
      assertTrue(busiest <= most, () -> busiest + " requests in a second: " + what);
      assertEquals(typed(expected), outcome);
    }
  }

  private static Predicate<List<String>> meant(String expected) {
    return expected.equals("scripts")
        ? words -> words.getFirst().equalsIgnoreCase("EVALSHA")
        : words -> WORK.contains(words.getFirst().toUpperCase(Locale.ROOT));
  }

  private static String typed(String expected) {
    return switch (expected) {
      case "scripts" -> "accepted";
      case "garbage" -> "ambiguous";
      default -> expected;
    };
  }

  private static String outcome(Broker sender, Scene scene) {
    Job job = Job.ok("refused");
    scene.sending().invoked(job.id());
    try {
      sender.enqueue(Job.TYPE, job);
      scene.sending().acknowledged(job.id());
      return "accepted";
    } catch (AmbiguousSendException unclear) {
      scene.sending().unknown(job.id());
      return "ambiguous";
    } catch (BackendUnavailableException away) {
      scene.sending().refused(job.id());
      return "unavailable";
    } catch (BackendException refused) {
      scene.sending().refused(job.id());
      return refused.code();
    }
  }
}
