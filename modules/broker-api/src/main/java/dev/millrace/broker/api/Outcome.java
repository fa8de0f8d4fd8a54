package dev.millrace.broker.api;

import java.time.Duration;
import java.util.Objects;

/** What a handler decided about a message. */
public sealed interface Outcome {
  /** Handled: acknowledge. */
  static Outcome done() {
    return Done.INSTANCE;
  }

  /**
   * Not now: deliver again after a delay, without counting a failure's backoff. The attempt still
   * counts against {@link RetryPolicy#maxAttempts}.
   *
   * @param after zero or more
   */
  static Outcome retry(Duration after) {
    return new Retry(after);
  }

  /** Never: move to the dead-letter stream with this reason. */
  static Outcome deadLetter(String reason) {
    return new DeadLetter(reason);
  }

  /** Acknowledge without having handled it; counted apart, with this reason in the log. */
  static Outcome skip(String reason) {
    return new Skip(reason);
  }

  /** See {@link #done()}. */
  record Done() implements Outcome {
    private static final Done INSTANCE = new Done();
  }

  /** See {@link #retry(Duration)}. */
  record Retry(Duration after) implements Outcome {
    /** Checks the delay. */
    public Retry {
      if (after.isNegative()) {
        throw new IllegalArgumentException("retry after " + after + ": a delay is zero or more");
      }
    }
  }

  /** See {@link #deadLetter(String)}. */
  record DeadLetter(String reason) implements Outcome {
    /** Checks the reason. */
    public DeadLetter {
      Objects.requireNonNull(reason, "reason");
    }
  }

  /** See {@link #skip(String)}. */
  record Skip(String reason) implements Outcome {
    /** Checks the reason. */
    public Skip {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
