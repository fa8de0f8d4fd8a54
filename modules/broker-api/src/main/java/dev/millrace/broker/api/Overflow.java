package dev.millrace.broker.api;

import java.time.Duration;

/** What a producer does when its stream is at maxLength and nothing may be trimmed. */
public sealed interface Overflow {
  /** Waits for room up to this long, then throws {@link StreamFullException}. */
  static Overflow block(Duration deadline) {
    return new Block(deadline);
  }

  /** Throws {@link StreamFullException} at once. */
  static Overflow reject() {
    return new Reject();
  }

  /**
   * Trims the oldest entries even though they are unread; each drop is counted, logged and listed.
   */
  static Overflow drop() {
    return new Drop();
  }

  /** See {@link #block(Duration)}. */
  record Block(Duration deadline) implements Overflow {}

  /** See {@link #reject()}. */
  record Reject() implements Overflow {}

  /** See {@link #drop()}. */
  record Drop() implements Overflow {}
}
