package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/** The backend refused what was asked for. Nothing was done. */
public final class BackendException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * From the backend's answer.
   *
   * @param code the backend's own short code, such as {@code OOM} or {@code WRONGTYPE}
   */
  public BackendException(
      String operation,
      String component,
      String code,
      String what,
      String advice,
      @Nullable Throwable cause) {
    super(operation, component, what, advice, cause);
    this.code = code;
  }

  /** The backend's own short code. */
  public String code() {
    return code;
  }
}
