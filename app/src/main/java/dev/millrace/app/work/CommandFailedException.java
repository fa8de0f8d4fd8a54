package dev.millrace.app.work;

import dev.millrace.broker.api.BrokerException;

/** A command ended with another exit code than 0. */
public final class CommandFailedException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  CommandFailedException(String type, int exitCode, String stderr) {
    super(
        "run command for",
        type,
        "it ended with exit code "
            + exitCode
            + (stderr.isBlank() ? " and wrote nothing to stderr" : ", stderr: " + stderr),
        "The message will be tried again",
        null);
    this.exitCode = exitCode;
  }

  /** The exit code. */
  public int exitCode() {
    return exitCode;
  }
}
