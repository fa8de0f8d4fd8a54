package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.ChannelPattern;

/** Patterns of channels in Redis's terms. */
final class Glob {
  private Glob() {}

  /** A glob that matches all that the pattern does, and perhaps more: its star stops at no dot. */
  static String of(ChannelPattern pattern) {
    var glob = new StringBuilder();
    for (char c : pattern.text().toCharArray()) {
      if (c == '*') {
        // "**" says no more than "*" here.
        if (glob.isEmpty() || glob.charAt(glob.length() - 1) != '*') {
          glob.append('*');
        }
      } else {
        if (c == '?' || c == '[' || c == ']' || c == '\\' || c == '^') {
          glob.append('\\');
        }
        glob.append(c);
      }
    }
    return glob.toString();
  }
}
