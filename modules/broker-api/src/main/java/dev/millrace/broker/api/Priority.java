package dev.millrace.broker.api;

import java.time.Duration;

/**
 * How much a stream's entries matter when room is short: LOW is trimmed first, CRITICAL last. It
 * also gives a stream the defaults of what it does not set itself.
 *
 * <table>
 * <caption>What a priority means</caption>
 * <tr><th></th><th>LOW</th><th>NORMAL</th><th>HIGH</th><th>CRITICAL</th></tr>
 * <tr><td>cleanupInterval</td><td>1 min</td><td>5 min</td><td>10 min</td><td>15 min</td></tr>
 * <tr><td>minRetentionTime</td><td>1 min</td><td>10 min</td><td>1 h</td><td>24 h</td></tr>
 * <tr><td>minRetentionCount</td><td>10</td><td>100</td><td>1,000</td><td>10,000</td></tr>
 * <tr><td>shrinks from this share of the backend's memory on</td>
 *     <td>70 %</td><td>80 %</td><td>88 %</td><td>95 %</td></tr>
 * <tr><td>has only its floors left from this one on</td>
 *     <td>85 %</td><td>92 %</td><td>97 %</td><td>100 %</td></tr>
 * <tr><td>looked at, while memory is short for it, every</td>
 *     <td>1 s</td><td>2 s</td><td>5 s</td><td>10 s</td></tr>
 * </table>
 */
public enum Priority {
  /** Trimmed first: logs, metrics. */
  LOW(Duration.ofMinutes(1), Duration.ofMinutes(1), 10, 0.70, 0.85, Duration.ofSeconds(1)),
  /** The default. */
  NORMAL(Duration.ofMinutes(5), Duration.ofMinutes(10), 100, 0.80, 0.92, Duration.ofSeconds(2)),
  /** Trimmed after NORMAL. */
  HIGH(Duration.ofMinutes(10), Duration.ofHours(1), 1_000, 0.88, 0.97, Duration.ofSeconds(5)),
  /** Trimmed last, and never below its floors. */
  CRITICAL(Duration.ofMinutes(15), Duration.ofHours(24), 10_000, 0.95, 1.0, Duration.ofSeconds(10));

  private final Duration cleanupInterval;
  private final Duration minRetentionTime;
  private final long minRetentionCount;
  private final double shrinksFrom;
  private final double floorsFrom;
  private final Duration urgentInterval;

  Priority(
      Duration cleanupInterval,
      Duration minRetentionTime,
      long minRetentionCount,
      double shrinksFrom,
      double floorsFrom,
      Duration urgentInterval) {
    this.cleanupInterval = cleanupInterval;
    this.minRetentionTime = minRetentionTime;
    this.minRetentionCount = minRetentionCount;
    this.shrinksFrom = shrinksFrom;
    this.floorsFrom = floorsFrom;
    this.urgentInterval = urgentInterval;
  }

  /** How often a stream is looked at that does not say so itself. */
  public Duration cleanupInterval() {
    return cleanupInterval;
  }

  /** The least age of what goes, for a stream that does not say so itself. */
  public Duration minRetentionTime() {
    return minRetentionTime;
  }

  /** How many of the newest entries stay, for a stream that does not say so itself. */
  public long minRetentionCount() {
    return minRetentionCount;
  }

  /** From this share of the backend's memory on a stream is cut shorter than its bounds say. */
  public double shrinksFrom() {
    return shrinksFrom;
  }

  /** From this share of the backend's memory on a stream is cut to its floors. */
  public double floorsFrom() {
    return floorsFrom;
  }

  /** How often a stream is looked at while memory is short for it. */
  public Duration urgentInterval() {
    return urgentInterval;
  }
}
