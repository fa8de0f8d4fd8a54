package dev.millrace.broker.api;

/**
 * A component is not in a state in which this can be done: it is closed, failed or not yet started.
 */
public final class InvalidStateException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** From the state found and the advice. */
  public InvalidStateException(String operation, String component, String what, String advice) {
    super(operation, component, what, advice, null);
  }
}
