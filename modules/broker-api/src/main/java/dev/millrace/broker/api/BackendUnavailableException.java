package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/**
 * The backend could not be reached, gave no answer in time, or refuses everything for now. Trying
 * again may help. The message says whether what was asked for may have been done after all.
 */
public final class BackendUnavailableException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final boolean mayBeDone;

  /**
   * Nothing was done.
   *
   * @param component the backend's address without secrets, or the stream
   */
  public BackendUnavailableException(
      String operation, String component, String what, @Nullable Throwable cause) {
    this(
        operation,
        component,
        what,
        "Nothing was done; check that the server runs and is reachable, and try again",
        cause,
        false);
  }

  private BackendUnavailableException(
      String operation,
      String component,
      String what,
      String advice,
      @Nullable Throwable cause,
      boolean mayBeDone) {
    super(operation, component, what, advice, cause);
    this.mayBeDone = mayBeDone;
  }

  /** Whether what was asked for may have been done: it was sent, and no answer came. */
  public boolean mayBeDone() {
    return mayBeDone;
  }

  /**
   * It was asked for and no answer came.
   *
   * @param component the backend's address without secrets, or the stream
   */
  public static BackendUnavailableException noAnswer(
      String operation, String component, String what, @Nullable Throwable cause) {
    return new BackendUnavailableException(
        operation,
        component,
        what,
        "It may have been done or not; check that the server runs and is reachable, and look",
        cause,
        true);
  }
}
