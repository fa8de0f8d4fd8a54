package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/**
 * What every failure of Millrace is: which operation, on which component, and what to do about it.
 * The message holds all three and never a payload or a password.
 */
public abstract class BrokerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String operation;
  private final String component;
  private final String advice;

  /**
   * For the kinds of error.
   *
   * @param operation what was being done: "send", "create consumer"
   * @param component what it was done to, by name
   * @param what what happened
   * @param advice what to do about it, a sentence
   */
  protected BrokerException(
      String operation, String component, String what, String advice, @Nullable Throwable cause) {
    super(
        operation
            + " '"
            + Names.printable(component)
            + "': "
            + sentence(what)
            + " "
            + sentence(advice),
        cause);
    this.operation = operation;
    this.component = component;
    this.advice = advice;
  }

  /** What was being done. */
  public final String operation() {
    return operation;
  }

  /** What it was done to: the name of a component, stream or backend. */
  public final String component() {
    return component;
  }

  /** What to do about it. */
  public final String advice() {
    return advice;
  }

  /**
   * One full stop at the end, however many the text came with: servers end their errors both ways.
   */
  private static String sentence(String text) {
    String bare = text.strip();
    if (bare.endsWith("?") || bare.endsWith("!")) {
      return bare;
    }
    while (bare.endsWith(".")) {
      bare = bare.substring(0, bare.length() - 1);
    }
    return bare + ".";
  }
}
