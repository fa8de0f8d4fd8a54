package dev.millrace.app.demo;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Lines of UTF-8 text with their numbers. A line longer than {@value #LONGEST} characters is cut
 * there, so that no input fills the memory. Not thread-safe.
 */
final class Lines implements Closeable {
  static final int LONGEST = 65_536;

  private final BufferedReader in;
  private long number;
  private boolean cut;

  Lines(InputStream in) {
    this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 1 << 16);
  }

  /** The next line without its end, or null after the last. */
  @Nullable String next() throws IOException {
    int c = in.read();
    if (c < 0) {
      return null;
    }
    number++;
    cut = false;
    var line = new StringBuilder(128);
    for (; c >= 0 && c != '\n'; c = in.read()) {
      if (line.length() < LONGEST) {
        line.append((char) c);
      } else {
        cut = true;
      }
    }
    int length = line.length();
    if (length > 0 && line.charAt(length - 1) == '\r') {
      line.setLength(length - 1);
    }
    boolean marked = number == 1 && !line.isEmpty() && line.charAt(0) == '\uFEFF';
    return marked ? line.substring(1) : line.toString();
  }

  /** The number of the line given last, from 1. */
  long number() {
    return number;
  }

  /** Whether the line given last was longer than is kept. */
  boolean cut() {
    return cut;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
