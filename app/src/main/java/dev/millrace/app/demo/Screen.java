package dev.millrace.app.demo;

import java.io.PrintWriter;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Results on standard output, and a progress line on standard error: in place on a terminal, else a
 * new line each time. Thread-safe.
 */
final class Screen {
  private static final int WIDTH = 79;
  private static final String ERASE = "\r\u001b[K";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal;
  // Guards both writers and the line that stands on the terminal.
  private final ReentrantLock lock = new ReentrantLock();
  private String standing = "";

  Screen(PrintWriter out, PrintWriter err, boolean terminal) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  boolean terminal() {
    return terminal;
  }

  /** A result. */
  void print(String text) {
    write(out, text);
  }

  /** A remark. */
  void note(String text) {
    write(err, text);
  }

  /** Progress; replaces the progress before it. */
  void progress(String text) {
    lock.lock();
    try {
      if (terminal) {
        // A line that wraps could not be replaced.
        standing = text.length() > WIDTH ? text.substring(0, WIDTH) : text;
        err.print(ERASE + standing);
      } else {
        err.println(text);
      }
      err.flush();
    } finally {
      lock.unlock();
    }
  }

  private void write(PrintWriter where, String text) {
    lock.lock();
    try {
      if (!standing.isEmpty()) {
        err.print(ERASE);
        err.flush();
      }
      where.println(text);
      where.flush();
      if (!standing.isEmpty()) {
        err.print(standing);
        err.flush();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes the progress line away. */
  void endProgress() {
    lock.lock();
    try {
      if (!standing.isEmpty()) {
        err.print(ERASE);
        err.flush();
        standing = "";
      }
    } finally {
      lock.unlock();
    }
  }
}
