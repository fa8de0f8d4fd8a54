package dev.millrace.app;

/** A command that can be asked for stack traces. */
public interface Verbose {
  /** Whether a failure's stack trace is wanted. */
  boolean verbose();
}
