package dev.millrace.broker.testkit.fault;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One whole request or reply of RESP2. Immutable. */
final class RespFrame {
  private static final int MOST_SHOWN = 256;

  private final byte[] raw;
  private final List<String> words;

  private RespFrame(byte[] raw, List<String> words) {
    this.raw = raw;
    this.words = words;
  }

  /** Its bytes as they came, not to be changed. */
  byte[] raw() {
    return raw;
  }

  /** For a request its words as text, each cut at 256 bytes. */
  List<String> words() {
    return words;
  }

  /** The next one, or null at the end of the stream. */
  static @Nullable RespFrame read(InputStream in) throws IOException {
    var raw = new ByteArrayOutputStream(128);
    var words = new ArrayList<String>();
    int first = in.read();
    if (first < 0) {
      return null;
    }
    value(first, in, raw, words);
    return new RespFrame(raw.toByteArray(), List.copyOf(words));
  }

  private static void value(int kind, InputStream in, ByteArrayOutputStream raw, List<String> words)
      throws IOException {
    raw.write(kind);
    String line = line(in, raw);
    if (kind == '$') {
      bulk(Integer.parseInt(line), in, raw, words);
    } else if (kind == '*') {
      int length = Integer.parseInt(line);
      for (int i = 0; i < length; i++) {
        value(next(in), in, raw, words);
      }
    }
  }

  private static void bulk(
      int length, InputStream in, ByteArrayOutputStream raw, List<String> words)
      throws IOException {
    if (length < 0) {
      return;
    }
    byte[] bytes = in.readNBytes(length + 2);
    if (bytes.length < length + 2) {
      throw new EOFException("the connection ended inside a string");
    }
    raw.write(bytes, 0, bytes.length);
    words.add(new String(bytes, 0, Math.min(length, MOST_SHOWN), StandardCharsets.UTF_8));
  }

  private static String line(InputStream in, ByteArrayOutputStream raw) throws IOException {
    var line = new StringBuilder();
    for (int c = next(in); ; c = next(in)) {
      raw.write(c);
      if (c == '\n') {
        return line.substring(0, Math.max(0, line.length() - 1));
      }
      line.append((char) c);
    }
  }

  private static int next(InputStream in) throws IOException {
    int c = in.read();
    if (c < 0) {
      throw new EOFException("the connection ended inside a frame");
    }
    return c;
  }
}
