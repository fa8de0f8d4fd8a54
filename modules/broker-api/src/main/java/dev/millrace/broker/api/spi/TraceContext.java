package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Message;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Hands the W3C trace context of the message that a thread handles on to what it sends. Bound to
 * the thread and not to a broker: what is read from one and sent with another belongs together all
 * the same.
 */
final class TraceContext {
  static final String PARENT = "traceparent";
  static final String STATE = "tracestate";

  /** Two digits of a version, what version 00 has behind them, and what later ones may append. */
  private static final Pattern PARENTS =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[\\x21-\\x7e]*)?");

  private static final String VERSION = "00";
  private static final int VERSION_00_LENGTH = 55;
  private static final int LONGEST_PARENT = 256;

  /** The specification's: what everybody has to pass on. */
  private static final int LONGEST_STATE = 512;

  private static final int MOST_MEMBERS = 32;
  private static final Pattern MEMBER =
      Pattern.compile(
          "[a-z0-9][a-z0-9_*/@-]{0,255}=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}"
              + "[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]");

  private static final ThreadLocal<@Nullable Map<String, String>> CURRENT = new ThreadLocal<>();

  private TraceContext() {}

  static boolean isOfIt(String header) {
    return header.equals(PARENT) || header.equals(STATE);
  }

  static boolean isTraced(Message message) {
    Map<String, String> headers = message.headers();
    return !headers.isEmpty() && headers.containsKey(PARENT);
  }

  /** Of what is handled together: what all messages share, or nothing. */
  static Map<String, String> of(List<Message> messages) {
    Map<String, String> shared = of(messages.getFirst().headers());
    for (int i = 1; i < messages.size() && !shared.isEmpty(); i++) {
      if (!of(messages.get(i).headers()).equals(shared)) {
        return Map.of();
      }
    }
    return shared;
  }

  /** The headers to hand on; none if the parent is malformed, the parent alone if the state is. */
  static Map<String, String> of(Map<String, String> headers) {
    String parent = headers.get(PARENT);
    if (parent == null || !isParent(parent)) {
      return Map.of();
    }
    String state = headers.get(STATE);
    return state != null && isState(state)
        ? Map.of(PARENT, parent, STATE, state)
        : Map.of(PARENT, parent);
  }

  private static boolean isParent(String parent) {
    return parent.length() <= LONGEST_PARENT
        && PARENTS.matcher(parent).matches()
        && (!parent.startsWith(VERSION) || parent.length() == VERSION_00_LENGTH);
  }

  private static boolean isState(String state) {
    if (state.isBlank() || state.length() > LONGEST_STATE) {
      return false;
    }
    String[] members = state.split(",", -1);
    if (members.length > MOST_MEMBERS) {
      return false;
    }
    for (String member : members) {
      String bare = member.strip();
      if (!bare.isEmpty() && !MEMBER.matcher(bare).matches()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Hands this on from now, on this thread.
   *
   * @return what was before, for {@link #leave}
   */
  static @Nullable Map<String, String> enter(Map<String, String> context) {
    Map<String, String> before = CURRENT.get();
    CURRENT.set(context);
    return before;
  }

  /** As it was before. */
  static void leave(@Nullable Map<String, String> before) {
    if (before == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(before);
    }
  }

  /** The headers with what this thread hands on, unless they have a parent of their own. */
  static Map<String, String> joined(Map<String, String> own) {
    Map<String, String> current = CURRENT.get();
    if (current == null || current.isEmpty() || own.containsKey(PARENT)) {
      return own;
    }
    var all = new LinkedHashMap<>(own);
    String parent = current.get(PARENT);
    String state = current.get(STATE);
    if (parent != null) {
      all.put(PARENT, parent);
    }
    if (state != null) {
      all.putIfAbsent(STATE, state);
    }
    return all;
  }
}
