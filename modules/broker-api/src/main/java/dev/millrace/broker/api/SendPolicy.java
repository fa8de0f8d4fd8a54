package dev.millrace.broker.api;

import java.time.Duration;
import java.util.List;

/**
 * How the producers of a stream send. Immutable; {@link StreamConfig.Builder#build()} checks it.
 *
 * @param idempotent whether a message whose answer got lost is sent again and stored once; see
 *     {@link #plain()}. Where the backend cannot store an id once, sends are plain in any case
 * @param deadline how long a send that got no answer is tried again, 0 to 1 day; no attempt begins
 *     after it, and the last one ends with the backend's own time-out. Zero: one attempt
 * @param idWindow for how long an id of the caller's ({@link SendOptions#id}) is stored at most
 *     once, 1 s to 7 days
 * @param durability how safely a message is kept before its send counts as accepted
 */
public record SendPolicy(
    boolean idempotent, Duration deadline, Duration idWindow, Durability durability) {
  private static final SendPolicy DEFAULTS =
      new SendPolicy(true, Duration.ofSeconds(10), Duration.ofMinutes(10), Durability.memory());

  /** Idempotent, 10 s, 10 min, in memory. */
  public static SendPolicy defaults() {
    return DEFAULTS;
  }

  /**
   * The defaults without repeats: each message is sent once, one whose answer got lost ends with
   * {@link AmbiguousSendException} at once, and an id of the caller's is stored as often as it is
   * sent. A single send is a little cheaper for the server.
   */
  public static SendPolicy plain() {
    return new SendPolicy(false, DEFAULTS.deadline, DEFAULTS.idWindow, DEFAULTS.durability);
  }

  /** The same with another deadline. */
  public SendPolicy withDeadline(Duration deadline) {
    return new SendPolicy(idempotent, deadline, idWindow, durability);
  }

  /** The same with another window for ids of the caller's. */
  public SendPolicy withIdWindow(Duration idWindow) {
    return new SendPolicy(idempotent, deadline, idWindow, durability);
  }

  /** The same with another durability. */
  public SendPolicy withDurability(Durability durability) {
    return new SendPolicy(idempotent, deadline, idWindow, durability);
  }

  void check(List<String> faults) {
    Check.range(faults, "send deadline", deadline, Duration.ZERO, Duration.ofDays(1));
    Check.range(faults, "idWindow", idWindow, Duration.ofSeconds(1), Duration.ofDays(7));
    if (durability instanceof Durability.Replicated wanted) {
      Check.range(faults, "replicas", wanted.replicas(), 1, 100);
      Check.range(
          faults,
          "replication timeout",
          wanted.timeout(),
          Duration.ofMillis(1),
          Duration.ofMinutes(1));
    }
  }
}
