package dev.millrace.broker.api;

import java.util.List;

/**
 * Whether everything that was accepted is somewhere: sums for each group of a stream, see {@link
 * AuditSum}. Off until it is begun. While it is on, readers count what they acknowledge, at the
 * moment they do; the places that entries wait in are counted when a sum is taken. So an entry that
 * was deleted anywhere before its group was done with it is missing, also one that was deleted
 * while its handler ran. What cannot be told is not told: see {@link AuditSum.State}.
 *
 * <p>Deleting the stream through Millrace ends it; where the stream, a group or the counters vanish
 * otherwise, or a group is set back, the sum is {@link AuditSum.State#BROKEN} until the audit is
 * ended and begun again. A dead letter that somebody deletes from a stream of a name of one's own
 * is not noticed. Thread-safe; calls block.
 */
public interface StreamAudit {
  /**
   * Begins for the groups that the stream has now; what they have in hand counts as accepted. Goes
   * on where it was begun before. Waits some seconds at most for all readers that live to count; a
   * group of which one does not is {@link AuditSum.State#STARTING}.
   *
   * @return the sums, by group
   */
  List<AuditSum> begin();

  /**
   * The sums, by group; each is of one moment. Of the groups that the stream has, and of those that
   * it had when the audit began.
   */
  List<AuditSum> take();

  /** Ends and forgets, for all groups. Idempotent. */
  void end();
}
