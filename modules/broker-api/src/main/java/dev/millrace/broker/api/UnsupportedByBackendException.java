package dev.millrace.broker.api;

/**
 * A component needs a promise that the backend does not make. Refused at start-up; nothing was
 * changed.
 */
public final class UnsupportedByBackendException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final String feature;

  /**
   * From the feature that is missing.
   *
   * @param what what the component needs, in words
   * @param feature the name of the feature that the backend lacks
   */
  public UnsupportedByBackendException(
      String operation, String component, String what, String feature, String backend) {
    super(
        operation,
        component,
        what + " needs " + feature + ", which the backend '" + backend + "' does not have",
        "Use a backend that has it, or do without",
        null);
    this.feature = feature;
  }

  /** The name of the feature that is missing. */
  public String feature() {
    return feature;
  }
}
