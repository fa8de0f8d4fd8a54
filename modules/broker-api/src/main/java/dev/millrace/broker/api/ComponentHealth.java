package dev.millrace.broker.api;

import java.util.Optional;

/**
 * Whether a component gets on with its work.
 *
 * @param level how well
 * @param reason what is wrong, in words; empty when it is green
 */
public record ComponentHealth(Level level, Optional<String> reason) {
  private static final ComponentHealth GREEN = new ComponentHealth(Level.GREEN, Optional.empty());

  /** How well. */
  public enum Level {
    /** It works, or has nothing to do, or is not meant to work now. */
    GREEN,
    /** It works with trouble that it tries to overcome by itself. */
    YELLOW,
    /** It does not get on: there is work, and nothing moves. */
    RED
  }

  /** All is well. */
  public static ComponentHealth green() {
    return GREEN;
  }

  /** There is trouble. */
  public static ComponentHealth yellow(String reason) {
    return new ComponentHealth(Level.YELLOW, Optional.of(reason));
  }

  /** Nothing moves. */
  public static ComponentHealth red(String reason) {
    return new ComponentHealth(Level.RED, Optional.of(reason));
  }
}
