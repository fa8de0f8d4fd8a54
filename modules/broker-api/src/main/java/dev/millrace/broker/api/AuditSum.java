package dev.millrace.broker.api;

import java.util.OptionalLong;

/**
 * Where the entries of a group are at one moment. The equation is
 *
 * <pre>
 * accepted + foreign = done + skipped + dead + waiting + pending + parked + dropped + expired
 * </pre>
 *
 * or something was lost. On the left is what the group had in hand when the audit began and every
 * entry added to its stream since; what was redriven is among it only once, for it never enters the
 * stream again. An entry that is deleted before the group is done with it, by whomever and wherever
 * it is, is nowhere on the right. Entries that retention trims after the group was done with them
 * are {@code done}.
 *
 * @param group its name
 * @param state whether the equation can be told; where it is not {@link State#EXACT}, only what is
 *     there now means anything: {@code dead}, {@code waiting}, {@code pending} and {@code parked}
 * @param accepted entries that Millrace sent
 * @param foreign entries of other programs: those without an id of Millrace's. Where so many wait
 *     that not all of them are looked at, some of those are among {@code accepted}
 * @param done acknowledged since the audit began, and there when they were
 * @param skipped the same, as {@link Outcome#skip} asked
 * @param dead dead letters in the stream that is theirs by default, and those put into another
 *     stream since
 * @param waiting not yet given to a reader, and there
 * @param pending given to a reader, not settled, and there
 * @param parked waiting for a long delay to be over, or back from it or from the dead letters
 * @param dropped trimmed away since, unread or not settled, as a drop policy says
 * @param expired dead letters of the stream that is theirs by default, trimmed away since
 */
public record AuditSum(
    String group,
    State state,
    long accepted,
    long foreign,
    long done,
    long skipped,
    long dead,
    long waiting,
    long pending,
    long parked,
    long dropped,
    long expired) {

  /** What an audit can tell. */
  public enum State {
    /** Everything was counted. */
    EXACT,
    /** No audit was begun. */
    OFF,
    /**
     * It was begun, and a reader that lived then does not count yet; it may have died, and then it
     * is no longer waited for when it counts as dead.
     */
    STARTING,
    /**
     * So many entries wait that they cannot be counted at one moment, and some of that part of the
     * stream were deleted. It can be told again when the group has read on.
     */
    UNCOUNTABLE,
    /**
     * What was counted is void: the stream, the group or the counters are gone, the group was made
     * again or set back, or a reader acknowledged without counting. Only a new beginning helps.
     */
    BROKEN
  }

  /** Whether everything was counted. */
  public boolean exact() {
    return state == State.EXACT;
  }

  /** How many are nowhere; below zero: there are too many. Empty where it cannot be told. */
  public OptionalLong missing() {
    return exact()
        ? OptionalLong.of(
            accepted + foreign - done - skipped - dead - waiting - pending - parked - dropped
                - expired)
        : OptionalLong.empty();
  }

  /** Whether this is proof that something is wrong: something is missing, or the audit broke. */
  public boolean failed() {
    return state == State.BROKEN || missing().orElse(0) != 0;
  }
}
