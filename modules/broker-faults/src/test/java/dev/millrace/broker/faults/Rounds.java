package dev.millrace.broker.faults;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator.SplittableGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * How long a fault test goes on: one round, or with {@code -Pfaults} as many as fit into its time.
 * Every round has a seed of its own, which follows from the one that is printed.
 */
final class Rounds {
  private static final Duration LONG =
      Duration.ofSeconds(Long.getLong("millrace.faults.seconds", 30));

  private Rounds() {}

  /** One round. */
  interface Round {
    void run(SplittableGenerator random, long seed) throws Exception;
  }

  static boolean isLong() {
    return System.getProperty("millrace.faults", "short").equals("long");
  }

  /** A number for the short run and one for the long one. */
  static int sized(int inShort, int inLong) {
    return isLong() ? inLong : inShort;
  }

  static void run(String test, Round round) throws Exception {
    long first = Long.getLong("millrace.faults.seed", ThreadLocalRandom.current().nextLong());
    Instant end = Instant.now().plus(isLong() ? LONG : Duration.ZERO);
    int number = 0;
    do {
      long seed = first + number++;
      System.out.printf(
          "faults: %s, round %d, repeat with -Dmillrace.faults.seed=%d%n", test, number, seed);
      try {
        round.run(
            RandomGeneratorFactory.<SplittableGenerator>of("L64X128MixRandom").create(seed), seed);
      } catch (Exception | AssertionError failure) {
        throw new AssertionError(
            test + " with -Dmillrace.faults.seed=" + seed + ": " + failure.getMessage(), failure);
      }
    } while (Instant.now().isBefore(end));
  }
}
