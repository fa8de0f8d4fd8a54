package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/**
 * The backend could not be reached, or refuses everything for now. What was asked for was not done;
 * trying again may help.
 */
public final class BackendUnavailableException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /**
   * From what happened.
   *
   * @param component the backend's address without secrets, or the stream
   */
  public BackendUnavailableException(
      String operation, String component, String what, @Nullable Throwable cause) {
    super(
        operation,
        component,
        what,
        "Nothing was done; check that the server runs and is reachable, and try again",
        cause);
  }
}
