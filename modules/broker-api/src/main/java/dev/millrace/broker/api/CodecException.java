package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/**
 * A payload could not be written, or does not fit the type it should be read as. Trying again will
 * not help.
 */
public final class CodecException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** From what happened and what to do. */
  public CodecException(
      String operation, String component, String what, String advice, @Nullable Throwable cause) {
    super(operation, component, what, advice, cause);
  }
}
