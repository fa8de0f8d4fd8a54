package dev.millrace.broker.api;

import org.jspecify.annotations.Nullable;

/**
 * The journal of backup producers cannot be used. What the failed send was to store is not there.
 */
public final class JournalException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /** From what is wrong with the journal in a directory. */
  public JournalException(
      String operation, String directory, String what, String advice, @Nullable Throwable cause) {
    super(operation, directory, what, advice, cause);
  }
}
