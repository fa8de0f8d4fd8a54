package dev.millrace.broker.api;

/**
 * Where the entries of a group are at one moment: {@code accepted = done + dead + waiting + pending
 * + parked}, or something was lost. Dead letters are those in the stream that is theirs by default.
 *
 * @param group its name
 * @param exact whether it was counted; false: estimated, {@code accepted} and {@code done} mean
 *     nothing
 * @param accepted entries that the group had in hand when the audit began, and those added since
 * @param done acknowledged since, the skipped ones included
 * @param dead in its dead-letter stream
 * @param waiting not yet given to a reader
 * @param pending given to a reader and not settled
 * @param parked waiting for a long delay to be over, or back from it or from the dead letters
 */
public record AuditSum(
    String group,
    boolean exact,
    long accepted,
    long done,
    long dead,
    long waiting,
    long pending,
    long parked) {
  /** How many are nowhere; below zero: there are too many. Zero where it is an estimate. */
  public long missing() {
    return exact ? accepted - done - dead - waiting - pending - parked : 0;
  }
}
