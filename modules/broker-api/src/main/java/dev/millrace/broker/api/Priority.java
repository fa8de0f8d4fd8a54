package dev.millrace.broker.api;

/** How much a stream's history matters when room is short: LOW is trimmed first, CRITICAL last. */
public enum Priority {
  /** Trimmed first: logs, metrics. */
  LOW,
  /** The default. */
  NORMAL,
  /** Trimmed after NORMAL. */
  HIGH,
  /** Trimmed last, and never below its floors. */
  CRITICAL
}
