package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.AuditSum;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Counts, for each group of a stream, what became of its entries; see {@link AuditSum}. */
public interface Audit {
  /**
   * Begins for all groups that the stream has now, and tells their sums by name. Goes on where it
   * was begun before.
   */
  CompletionStage<List<AuditSum>> begin(String stream);

  /** Ends and forgets. Idempotent. */
  CompletionStage<Void> end(String stream);

  /**
   * Each group's sum at one moment, by name; of groups that are gone too, where it was begun for
   * them. Empty for a stream that does not exist and has no audit.
   */
  CompletionStage<List<AuditSum>> take(String stream);

  /** The streams where one is on, by name; also those that are gone. */
  CompletionStage<List<String>> streams();
}
