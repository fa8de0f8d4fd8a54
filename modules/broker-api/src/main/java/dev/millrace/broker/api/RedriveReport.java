package dev.millrace.broker.api;

import java.util.List;

/**
 * What a redrive did, or would do.
 *
 * @param dryRun whether nothing was moved on purpose
 * @param selected how many letters were selected
 * @param moved how many of them went back; fewer where somebody else took one meanwhile
 * @param letters the first of those selected, at most {@value #SHOWN}
 */
public record RedriveReport(boolean dryRun, long selected, long moved, List<DeadLetter> letters) {
  /** How many letters a report lists. */
  public static final int SHOWN = 1_000;

  /** Copies the list. */
  public RedriveReport {
    letters = List.copyOf(letters);
  }
}
