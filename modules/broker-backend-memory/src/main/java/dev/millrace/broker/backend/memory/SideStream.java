package dev.millrace.broker.backend.memory;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stream that is another one's.
 *
 * @param origin whose it is
 * @param group whose dead letters it keeps; empty: it is the backup
 */
record SideStream(String origin, Optional<String> group) {
  private static final Pattern NAME = Pattern.compile("\\{([^{}]+)\\}:(?:dead:([^{}]+)|backup)");

  /** By its name; empty: it is nobody's. */
  static Optional<SideStream> of(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches()
        ? Optional.of(new SideStream(matcher.group(1), Optional.ofNullable(matcher.group(2))))
        : Optional.empty();
  }

  /** In words. */
  String what() {
    return group
        .map(name -> "dead letters of group '" + name + "'")
        .orElse("backup of the stream '" + origin + "'");
  }
}
