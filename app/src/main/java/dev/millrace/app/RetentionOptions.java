package dev.millrace.app;

import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.RetentionPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Settings of a stream's retention, each of which may be left out. */
final class RetentionOptions {
  @Option(names = "--max-length", paramLabel = "N", description = "Keep so many entries at most.")
  private @Nullable Long maxLength;

  @Option(names = "--max-age", paramLabel = "TIME", description = "Keep none older, such as 7d.")
  private @Nullable Duration maxAge;

  @Option(
      names = "--min-age",
      paramLabel = "TIME",
      description = "Keep all that are younger, such as 10m, whatever else is said.")
  private @Nullable Duration minAge;

  @Option(
      names = "--min-count",
      paramLabel = "N",
      description = "Keep so many of the newest, whatever else is said.")
  private @Nullable Long minCount;

  @Option(
      names = "--priority",
      paramLabel = "P",
      description = "One of ${COMPLETION-CANDIDATES}: LOW shrinks first when memory is short.")
  private @Nullable Priority priority;

  @Option(names = "--interval", paramLabel = "TIME", description = "Look at it so often.")
  private @Nullable Duration interval;

  /** Checked with all its faults at once. */
  RetentionPolicy policy() {
    var builder = RetentionPolicy.builder();
    if (maxLength != null) {
      builder.maxLength(maxLength);
    }
    if (maxAge != null) {
      builder.maxAge(maxAge);
    }
    if (minAge != null) {
      builder.minRetentionTime(minAge);
    }
    if (minCount != null) {
      builder.minRetentionCount(minCount);
    }
    if (priority != null) {
      builder.priority(priority);
    }
    if (interval != null) {
      builder.cleanupInterval(interval);
    }
    return builder.build();
  }
}
