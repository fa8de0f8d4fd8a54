package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/**
 * Retention on random streams, groups, acknowledgements, policies and clocks, held against a model.
 * All backends are given the same cases: those that agree with the model agree with each other.
 * {@code -Dmillrace.retention.fresh=true} takes those of today instead, which nobody has tried yet;
 * {@code -Dmillrace.retention.seed=N} runs one case again, {@code -Dmillrace.retention.cases=N} so
 * many.
 */
public abstract class RetentionProperties {
  private static final int CASES = 10_000;
  private static final long SEEDS_A_DAY = 1_000_000_000L;
  private static final long FIRST = 20_778 * SEEDS_A_DAY;

  /** Cases that a backend has failed once. */
  private static final List<Long> ONCE_FAILED = List.of(20_779_000_003_806L);

  /** So many are under way at one time. */
  private static final int TOGETHER = 200;

  /** For subclasses. */
  protected RetentionProperties() {}

  /** Where the case that was prepared last is tried. */
  protected abstract Backend backend();

  /** The backend's time. */
  protected abstract Instant now();

  /**
   * Makes the stream and the groups of a case.
   *
   * @param stream a name that nobody else uses
   */
  protected abstract CompletionStage<?> prepare(String stream, RetentionCase given);

  @Test
  void agreesWithTheModel() {
    long single = Long.getLong("millrace.retention.seed", -1);
    int cases = single >= 0 ? 1 : Integer.getInteger("millrace.retention.cases", CASES);
    boolean fresh = Boolean.getBoolean("millrace.retention.fresh");
    long today = LocalDate.now(ZoneOffset.UTC).toEpochDay() * SEEDS_A_DAY;
    long first = single >= 0 ? single : fresh ? today : FIRST;
    Instant now = now();
    long began = System.nanoTime();
    var tally = new RetentionTally();
    var running = new ArrayDeque<CompletionStage<RetentionRun>>();
    for (long seed : ONCE_FAILED) {
      running.add(start(RetentionCases.make(seed, now)));
    }
    for (long seed = first; seed < first + cases; seed++) {
      running.add(start(RetentionCases.make(seed, now)));
      if (running.size() == TOGETHER) {
        check(running.remove(), tally);
      }
    }
    running.forEach(each -> check(each, tally));
    System.out.printf(
        "retention on %s: %d cases from seed %d in %.1f s, %s%n",
        backend().name(), cases, first, (System.nanoTime() - began) / 1e9, tally);
    assertTrue(single >= 0 || cases < 1_000 || tally.isVaried(), tally::toString);
  }

  private CompletionStage<RetentionRun> start(RetentionCase given) {
    String stream = "retention-" + given.seed();
    return prepare(stream, given)
        .thenCompose(
            made ->
                RetentionRun.of(
                    backend(), backend().facet(Trimming.class).orElseThrow(), stream, given));
  }

  private static void check(CompletionStage<RetentionRun> running, RetentionTally tally) {
    RetentionRun run = Stages.await(running);
    tally.count(run);
    List<String> faults = RetentionChecks.faultsOf(run);
    assertTrue(faults.isEmpty(), () -> words(run, faults));
  }

  private static String words(RetentionRun run, List<String> faults) {
    return "\n- "
        + String.join("\n- ", faults)
        + "\nin the case of -Dmillrace.retention.seed="
        + run.given().seed()
        + ":\n"
        + run.given()
        + "\n  done "
        + run.slices()
        + "\n";
  }
}
