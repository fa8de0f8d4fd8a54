package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.fault.Evidence;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fault 13: the server evicts keys when its memory runs short. */
class EvictionTest {
  @Test
  void serverThatWouldEvictStreamsIsToldOfAtTheStart() throws Exception {
    Rounds.run("serverThatWouldEvictStreamsIsToldOfAtTheStart", (random, seed) -> evicting());
  }

  private static void evicting() throws Exception {
    try (var lines = new LogLines();
        var scene = new Scene("--maxmemory-policy", "allkeys-lru")) {
      scene.sender();
      List<String> told = lines.containing("allkeys-lru");
      assertEquals(1, told.size(), () -> "once, at the start: " + told);
      assertTrue(told.getFirst().contains("whole streams with unread messages would go"));
      assertTrue(told.getFirst().contains("Set it to noeviction"), told::getFirst);
      // That it is no idle warning: the stream goes, unread as it is.
      Load.send(scene.sender(), scene.sending(), Job.ok("unread"));
      scene.redis().command("CONFIG", "SET", "maxmemory", "3mb");
      for (int i = 0; i < 60; i++) {
        scene.redis().command("SET", "other-" + i, "x".repeat(100_000));
      }
      new Evidence()
          .of("keys evicted", Long.parseLong(scene.redis().info("stats", "evicted_keys")))
          .assertSeen();
    }
  }
}
