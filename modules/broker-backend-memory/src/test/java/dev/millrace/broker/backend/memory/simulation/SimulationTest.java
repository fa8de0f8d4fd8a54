package dev.millrace.broker.backend.memory.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Many small worlds, each a sequence that its seed decides: senders, readers that settle, park,
 * stand still, leave and die, and a trimmer. {@code -Dmillrace.seed=N} repeats one of them, {@code
 * -Dmillrace.seeds=N} sets how many there are.
 */
class SimulationTest {
  private static final long SEEDS = Long.getLong("millrace.seeds", 1_000);

  @Test
  void holdsEveryPromiseForEverySeed() {
    Long only = Long.getLong("millrace.seed");
    var seen = new Tally();
    (only == null ? LongStream.rangeClosed(1, SEEDS) : LongStream.of(only))
        .forEach(seed -> run(seed, seen));
    System.out.println("simulated worlds: " + seen);
    if (only == null) {
      // What never happened was not tried.
      assertTrue(seen.allHappened(), seen.toString());
    }
  }

  @Test
  void repeatsARunFromItsSeed() {
    assertEquals(run(42, new Tally()), run(42, new Tally()));
    assertNotEquals(run(42, new Tally()), run(43, new Tally()));
  }

  private static String run(long seed, Tally seen) {
    try {
      return new World(seed, seen).run();
    } catch (AssertionError | RuntimeException broken) {
      throw new AssertionError(
          "seed " + seed + " (repeat with -Dmillrace.seed=" + seed + "): " + broken.getMessage(),
          broken);
    }
  }
}
