package dev.millrace.broker.api;

/** A replay ended early: its handler threw, which is the cause, or its thread was interrupted. */
public final class ReplayException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final transient ReplayReport report;

  /** From what was done before. */
  public ReplayException(String stream, String what, ReplayReport report, Throwable cause) {
    super(
        "replay",
        stream,
        what + " after " + report.handled() + " messages",
        report
            .last()
            .map(last -> "Go on with StartPosition.after(\"" + last + "\")")
            .orElse("Begin again"),
        cause);
    this.report = report;
  }

  /** What was done before, and where to go on. */
  public ReplayReport report() {
    return report;
  }
}
