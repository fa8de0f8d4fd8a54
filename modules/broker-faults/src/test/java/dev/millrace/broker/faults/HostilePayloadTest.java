package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Fault 25: somebody with access to Redis writes what is meant to break or to mislead a worker. */
class HostilePayloadTest {
  private static final String GADGET = "{\"@class\":\"%s\",\"id\":\"gadget\",\"act\":\"ok\"}";
  private static final String FORGED = "x\r\n2026-01-01 ERROR forged line\r\n";

  private static final String HUGE =
      "return redis.call('XADD', KEYS[1], '*', '_type', 'job', 'payload', "
          + "'{\"id\":\"' .. string.rep('x', 100 * 1024 * 1024) .. '\"}')";

  /** An attack by the fields of the entry. */
  record Attack(String name, List<String> fields, int lines) {
    /** What its job is called in histories. */
    String id() {
      return Scene.jobId(fields.get(3));
    }

    /** Whether it is settled at once; a type that nobody knows may have a handler to come. */
    boolean comesOut() {
      return fields.get(1).equals(Job.TYPE);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Loading it shows. */
  static final class Gadget {
    static {
      System.setProperty("millrace.faults.gadget", "loaded");
    }
  }

  static Stream<Attack> attacks() {
    return Stream.of(
        // A member that the type does not have: the rest is a job like any other.
        new Attack(
            "class name in the payload",
            List.of("_type", Job.TYPE, "payload", GADGET.formatted(gadget())),
            0),
        attack("class name as an array type", "[\"" + gadget() + "\",{\"id\":\"a\"}]"),
        attack("depth 10,000", "{\"x\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}"),
        attack("no JSON", "\0\1\2\3"),
        attack("line ends in the payload", "{\"id\":\"" + FORGED + "\"}"),
        new Attack(
            "line ends in a header",
            List.of("_type", Job.TYPE, "payload", "[]", "_h:" + FORGED, FORGED),
            1),
        new Attack(
            "line ends in the id", List.of("_type", Job.TYPE, "payload", "[]", "_id", FORGED), 1),
        new Attack("line ends in the type", List.of("_type", FORGED, "payload", "{}"), 1));
  }

  private static String gadget() {
    // Its name without loading it.
    return HostilePayloadTest.class.getName() + "$Gadget";
  }

  private static Attack attack(String name, String payload) {
    return new Attack(name, List.of("_type", Job.TYPE, "payload", payload), 1);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void hostileMessageIsOneLogLineAndNothingElse(Attack attack) throws Exception {
    Rounds.run("hostileMessageIsOneLogLine: " + attack, (random, seed) -> attacked(attack));
  }

  private static void attacked(Attack attack) throws Exception {
    try (var scene = new Scene();
        var log = new LogLines()) {
      LocalWorker worker =
          scene.closing(new LocalWorker(scene, "w", scene.redis().url(), b -> b.maxJobs(2)));
      scene.sending().invoked(attack.id());
      write(scene.redis(), attack.fields());
      scene.sending().acknowledged(attack.id());
      Broker sender = scene.sender();
      Load.send(sender, scene.sending(), Job.ok("innocent"));
      Scene.await(
          "it was seen",
          Scene.SOON,
          () ->
              log.containing("").size() == attack.lines()
                  && worker.told("end") == 2 - attack.lines());
      Scene.await("others progress", Scene.SOON, () -> worker.told("end innocent") == 1);
      List<String> lines = log.containing("");
      assertEquals(attack.lines(), lines.size(), () -> "log lines: " + lines);
      for (String line : lines) {
        assertFalse(line.chars().anyMatch(Character::isISOControl), () -> "not one line: " + line);
        assertTrue(line.length() < 2_000, () -> "long: " + line.length());
      }
      assertEquals("none", System.getProperty("millrace.faults.gadget", "none"));
      if (attack.comesOut()) {
        scene.drained(
            Duration.ofSeconds(5),
            0,
            () ->
                new Evidence()
                    .of("it was refused or inert", lines.size() + worker.told("end gadget")));
      }
    }
  }

  private static void write(RedisServer redis, List<String> fields) {
    var words = new java.util.ArrayList<>(List.of("XADD", FaultWorker.STREAM, "*"));
    words.addAll(fields);
    redis.command(words.toArray(String[]::new));
  }

  @Test
  void payloadOfAHundredMegabytesIsADeadLetterAndOthersProgress() throws Exception {
    Rounds.run(
        "payloadOfAHundredMegabytesIsADeadLetterAndOthersProgress", (random, seed) -> huge());
  }

  private static void huge() throws Exception {
    try (var scene = new Scene("--appendonly", "no")) {
      // Made by the server: this process is not to need the memory.
      scene.redis().command("EVAL", HUGE, "1", FaultWorker.STREAM);
      Broker sender = scene.sender();
      Load.send(sender, scene.sending(), Job.ok("innocent"));
      var worker =
          scene.workerStarting("512m", scene.redis().url(), "jobs=2", "lease=5000", "attempts=2");
      worker.awaitLine("ready", Scene.SOON);
      Scene.await(
          "it is a dead letter",
          Duration.ofSeconds(30),
          () -> scene.redis().number("XLEN", "{jobs}:dead:workers") == 1);
      Scene.await(
          "others progress",
          Scene.SOON,
          () -> worker.lines().contains("end innocent") && scene.pending() == 0);
      assertTrue(worker.alive());
      List<String> errors = worker.lines().stream().filter(l -> l.contains(" ERROR ")).toList();
      assertEquals(1, errors.size(), () -> "one log line: " + errors);
      assertTrue(
          errors.getFirst().contains("bytes; at most 1048576 are decoded"), errors::toString);
      assertTrue(errors.getFirst().length() < 2_000, () -> "long: " + errors);
      // The letter itself is not read here: this process is not to need the memory.
      scene.check().assertSound(0);
    }
  }
}
