package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/**
 * A field has a name or a value that cannot be, or is not there, or is not of the kind asked for.
 */
public final class FieldException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /**
   * From what happened and what to do.
   *
   * @param field the name of the field, or "fields" for all of them
   */
  public FieldException(
      String operation, String field, String what, String advice, @Nullable Throwable cause) {
    super(operation, field, what, advice, cause);
  }
}
