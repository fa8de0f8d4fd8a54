package dev.millrace.app.demo;

import java.util.List;

/** A line of input is not an order. */
final class BadLineException extends Exception {
  private static final long serialVersionUID = 1L;

  BadLineException(String reason) {
    super(reason);
  }

  BadLineException(List<String> faults) {
    super(String.join("; ", faults));
  }

  /** What is wrong with the line. */
  String reason() {
    return String.valueOf(getMessage());
  }
}
