package dev.millrace.app.demo;

import java.util.ArrayList;
import java.util.List;

/** One line of comma-separated values, with quotes as RFC 4180 has them. */
final class CsvLine {
  private CsvLine() {}

  static List<String> split(String line) throws BadLineException {
    var values = new ArrayList<String>();
    var value = new StringBuilder();
    int i = 0;
    while (true) {
      value.setLength(0);
      if (i < line.length() && line.charAt(i) == '"') {
        i = quoted(line, i + 1, value);
        if (i < line.length() && line.charAt(i) != ',') {
          throw new BadLineException("text after a closing quote at column " + (i + 1));
        }
      } else {
        for (; i < line.length() && line.charAt(i) != ','; i++) {
          if (line.charAt(i) == '"') {
            throw new BadLineException("a quote inside a plain value at column " + (i + 1));
          }
          value.append(line.charAt(i));
        }
      }
      values.add(value.toString());
      if (i >= line.length()) {
        return values;
      }
      i++;
    }
  }

  /** Reads up to the closing quote and returns the index after it. */
  private static int quoted(String line, int from, StringBuilder value) throws BadLineException {
    for (int i = from; i < line.length(); i++) {
      if (line.charAt(i) != '"') {
        value.append(line.charAt(i));
      } else if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
        value.append('"');
        i++;
      } else {
        return i + 1;
      }
    }
    throw new BadLineException("a quote is not closed");
  }
}
