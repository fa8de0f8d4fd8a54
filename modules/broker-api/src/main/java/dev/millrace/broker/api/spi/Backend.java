package dev.millrace.broker.api.spi;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A place that keeps streams and carries events. Thread-safe. */
public interface Backend extends AutoCloseable {
  /** Its name for messages: the URL without secrets. */
  String name();

  /** What it was opened with: whoever works on it shares its clock and its instance name. */
  BackendContext context();

  /** What it can promise; constant for its life. */
  BackendFeatures features();

  /** The streams. */
  StreamLog log();

  /** The live events. */
  EventBus events();

  /** Whether it answers now. The stage never fails: trouble is a value. */
  CompletionStage<Health> health();

  /**
   * An optional part: {@link Leases}, {@link History}, {@link Pending}, {@link Trimming}, {@link
   * Mover}, {@link Housekeeping}, {@link Schedules}, {@link Coordination}, {@link ServerClock},
   * {@link ReplyInbox}, {@link Audit}, {@link Backups}. Present exactly when the features say so.
   */
  <F> Optional<F> facet(Class<F> facet);

  /**
   * Closes all connections. Readers that are still open are closed first. Idempotent; blocks for a
   * few seconds at most.
   */
  @Override
  void close();
}
