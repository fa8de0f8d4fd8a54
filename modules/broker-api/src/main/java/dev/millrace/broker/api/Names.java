package dev.millrace.broker.api;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rule for names of streams, groups, consumers and components: 1 to 256 bytes of UTF-8, no
 * control characters, no blank at either end, and no curly brackets (those mark the side streams
 * that Millrace makes itself, such as {@code {orders}:dead:billing}).
 */
public final class Names {
  /** The longest name, in bytes of UTF-8. */
  public static final int MAX_BYTES = 256;

  private static final Pattern SIDE_STREAM =
      Pattern.compile("\\{[^{}]+\\}:(dead|backup|retry|parked|rpc|events)(:[^{}]+)?");

  private static final String EVENTS = "}:events";

  private Names() {}

  /**
   * The fault of a name, or empty if it is good.
   *
   * @param what what is named, for the message: "stream name"
   */
  public static Optional<String> faultOf(String what, @Nullable String name) {
    Optional<String> fault = tokenFault(what, name);
    if (fault.isEmpty() && name != null && (name.indexOf('{') >= 0 || name.indexOf('}') >= 0)) {
      return Optional.of(
          what
              + " '"
              + printable(name)
              + "' has a curly bracket; use letters, digits and . : - _ /");
    }
    return fault;
  }

  /**
   * As {@link #faultOf}, but the name of a side stream such as {@code {orders}:dead:billing} is
   * good too.
   */
  public static Optional<String> streamFault(@Nullable String name) {
    return name != null && SIDE_STREAM.matcher(name).matches()
        ? tokenFault("stream name", name)
        : faultOf("stream name", name);
  }

  /**
   * The name itself, if it is good.
   *
   * @throws InvalidConfigException with the fault
   */
  public static String check(String what, @Nullable String name) {
    return checked(name, faultOf(what, name));
  }

  /**
   * The stream's name itself, if it is good.
   *
   * @throws InvalidConfigException with the fault
   */
  public static String checkStream(@Nullable String name) {
    return checked(name, streamFault(name));
  }

  /** The dead-letter stream of a group: {@code {orders}:dead:billing}. */
  public static String deadLetter(String stream, String group) {
    return side(stream, "dead", group);
  }

  /** The backup stream: {@code {orders}:backup}. */
  public static String backup(String stream) {
    return side(stream, "backup", "");
  }

  /** The stream of requests beside a stream of tasks: {@code {tasks}:rpc}. */
  public static String requests(String stream) {
    return side(stream, "rpc", "");
  }

  /** The stream of the events of a channel that are kept: {@code {user_events}:events}. */
  public static String events(String channel) {
    return side(channel, "events", "");
  }

  /** The channel whose kept events a stream is; empty: it is none. */
  public static Optional<String> channelOf(String stream) {
    return stream.startsWith("{") && stream.endsWith(EVENTS)
        ? Optional.of(stream.substring(1, stream.length() - EVENTS.length()))
            .filter(channel -> faultOf("channel", channel).isEmpty())
        : Optional.empty();
  }

  /** Whether a stream is the dead letters of a group, of whatever stream. */
  public static boolean isDeadLetter(String stream) {
    return isSide(stream, "dead");
  }

  /** Whether a stream is a backup, of whatever stream. */
  public static boolean isBackup(String stream) {
    return isSide(stream, "backup");
  }

  private static boolean isSide(String stream, String kind) {
    String side = stream.startsWith("{") ? stream.substring(stream.indexOf('}') + 1) : "";
    return side.equals(":" + kind) || side.startsWith(":" + kind + ":");
  }

  /**
   * Text with control characters escaped and bounded to 80 characters, fit for a log line or an
   * error.
   */
  public static String printable(String text) {
    return printable(text, 80);
  }

  /** As {@link #printable(String)}, bounded to so many characters. */
  public static String printable(String text, int most) {
    var out = new StringBuilder();
    text.codePoints()
        .limit(most)
        .forEach(
            c -> {
              if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                out.append(String.format("\\u%04x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
    return text.codePointCount(0, text.length()) > most
        ? out.append("…").toString()
        : out.toString();
  }

  static String checkToken(String what, @Nullable String text) {
    return checked(text, tokenFault(what, text));
  }

  private static String side(String stream, String kind, String group) {
    // A side stream's own side streams stay in its slot: {orders}:dead:billing ->
    // {orders}:dead:billing/dead…
    String base = stream.startsWith("{") ? stream.substring(1, stream.indexOf('}')) : stream;
    String tail = stream.startsWith("{") ? stream.substring(stream.indexOf('}') + 2) + "/" : "";
    String whose = tail.replace(':', '/') + group;
    return "{" + base + "}:" + kind + (whose.isEmpty() ? "" : ":" + whose);
  }

  private static String checked(@Nullable String name, Optional<String> fault) {
    if (fault.isPresent() || name == null) {
      throw new InvalidConfigException("check a name", fault.stream().toList());
    }
    return name;
  }

  private static Optional<String> tokenFault(String what, @Nullable String name) {
    if (name == null || name.isEmpty()) {
      return Optional.of(what + " is empty; give it 1 to " + MAX_BYTES + " bytes");
    }
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      return Optional.of(
          what
              + " '"
              + printable(name)
              + "' has "
              + bytes
              + " bytes; at most "
              + MAX_BYTES
              + " are allowed");
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      return Optional.of(what + " '" + printable(name) + "' has a control character; remove it");
    }
    if (!name.equals(name.strip())) {
      return Optional.of(
          what + " '" + printable(name) + "' begins or ends with a blank; remove it");
    }
    return Optional.empty();
  }
}
