package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.testkit.fault.Evidence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fault 18: names that look dead are removed, while somebody still reads under them. */
class BusyNameTest {
  private static final String LEASES = "{jobs}:leases:" + FaultWorker.GROUP;
  private static final int BUSY = 10;
  private static final int GONE = 10;

  /** One step on the server: no other consumer can be quicker. */
  private static final String ADD_AND_READ =
      "redis.call('XADD', KEYS[1], '*', '_type', 'job', 'payload', ARGV[3]) "
          + "redis.call('HSET', KEYS[2], ARGV[2], '100') "
          + "return #redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'STREAMS', KEYS[1], '>')";

  @Test
  void nameIsNotRemovedWhileSomethingIsPendingUnderIt() throws Exception {
    Rounds.run("nameIsNotRemovedWhileSomethingIsPendingUnderIt", (random, seed) -> busy());
  }

  private static void busy() throws Exception {
    try (var scene = new Scene()) {
      // A name counts as dead after 20 of the shortest leases without a sign of life, two seconds.
      scene.closing(
          new LocalWorker(
              scene,
              "keeper",
              scene.redis().url(),
              b -> b.lease(Duration.ofMillis(100)).maxJobs(4)));
      for (int i = 0; i < GONE; i++) {
        scene.redis().command("HSET", LEASES, "gone-" + i, "100");
      }
      var read = new ArrayList<String>();
      Scene.holds(
          "others read under their names",
          Duration.ofSeconds(Rounds.sized(5, 15)),
          () -> {
            readAs(scene, "busy-" + read.size() % BUSY, "b-" + read.size());
            return read.add("one");
          });
      // The keeper's lease is so short that a pause of the machine makes it run some again.
      scene.drained(
          Duration.ofSeconds(5),
          50,
          () ->
              new Evidence()
                  .of("read under names that were silent", read.size())
                  .of("names removed", GONE - known(scene, "gone-")));
      assertEquals(0, known(scene, "gone-"), "names of the dead");
    }
  }

  private static void readAs(Scene scene, String name, String id) {
    scene.sending().invoked(id);
    Object entries =
        scene
            .redis()
            .command(
                "EVAL",
                ADD_AND_READ,
                "2",
                FaultWorker.STREAM,
                LEASES,
                FaultWorker.GROUP,
                name,
                "{\"id\":\"" + id + "\",\"act\":\"ok\",\"millis\":0}");
    assertEquals("1", String.valueOf(entries));
    scene.sending().acknowledged(id);
  }

  private static long known(Scene scene, String prefix) {
    return ((List<?>) scene.redis().command("HKEYS", LEASES))
        .stream().map(String::valueOf).filter(name -> name.startsWith(prefix)).count();
  }
}
