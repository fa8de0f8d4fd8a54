package dev.millrace.broker.api;

import java.util.List;

/**
 * Whether everything that was accepted is somewhere: sums for each group of a stream. Off until it
 * is begun; then exact, until the stream is deleted or a group set back. A dead-letter stream of
 * another name, and entries that a drop policy trimmed away unread, are missing in the sum.
 * Thread-safe; calls block.
 */
public interface StreamAudit {
  /**
   * Begins for the groups that the stream has now; what they have in hand counts as accepted. Goes
   * on where it was begun before.
   *
   * @return the sums, by group
   */
  List<AuditSum> begin();

  /** The sums, by group; each is of one moment. */
  List<AuditSum> take();

  /** Ends and forgets. Idempotent. */
  void end();
}
