package dev.millrace.broker.backend.redis.internal.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Names of the keys beside a stream: {@code {name}:kind} and {@code {name}:kind:group}, in the
 * stream's own slot of a cluster. The keys beside a side stream such as {@code
 * {orders}:dead:billing} stay in that slot too: {@code {orders}:floor:dead/billing}.
 */
public final class Keys {
  /** What the position of an entry of {@link #retry} begins with. */
  public static final String RETRY_POSITION = "retry/";

  /** Owns what was handed back, and stands for nobody: no consumer's name may have brackets. */
  public static final String NOBODY = "{handed-back}";

  private static final List<String> GROUP_KINDS =
      List.of(
          "retry",
          "retry-notes",
          "parked",
          "parked-entries",
          "notes",
          "leases",
          "audit",
          "alive",
          "turn",
          "retry-turn");

  private static final List<String> STREAM_KINDS =
      List.of("floor", "fence", "rpc", "ids", "audits", "settings", "drops", "trend");

  private Keys() {}

  /**
   * A hash: group to the oldest id it may still need, written by trimming and by readers, only ever
   * rising.
   */
  public static String floor(String stream) {
    return side(stream, "floor");
  }

  /** A stream that only this group reads: what it is to see again. */
  public static String retry(String stream, String group) {
    return side(stream, "retry", group);
  }

  /** A sorted set: what the group is to see again later, by due time. */
  public static String parked(String stream, String group) {
    return side(stream, "parked", group);
  }

  /** A hash: the id of what is parked to its packed entry, see {@code reader-park.lua}. */
  public static String parkedEntries(String stream, String group) {
    return side(stream, "parked-entries", group);
  }

  /** A hash: entry id to what the group's readers noted of it. */
  public static String notes(String stream, String group) {
    return side(stream, "notes", group);
  }

  /** As {@link #notes}, for the entries of {@link #retry}. */
  public static String retryNotes(String stream, String group) {
    return side(stream, "retry-notes", group);
  }

  /** A hash, there while an audit counts: what numbers of the stream do not tell. */
  public static String audit(String stream, String group) {
    return side(stream, "audit", group);
  }

  /** A hash: there while an audit of a group of the stream counts; what its groups had dropped. */
  public static String audits(String stream) {
    return side(stream, "audits");
  }

  /** Matches the names of all keys of audits, {@link #audit} and {@link #audits}. */
  public static final String ALL_AUDITS = "{*}:audit*";

  /** A hash: group to its fence epoch, which rises when it is made, made again or set back. */
  public static String fence(String stream) {
    return side(stream, "fence");
  }

  /** A hash: what was set for the stream at run time. */
  public static String settings(String stream) {
    return side(stream, "settings");
  }

  /** A stream: what was trimmed although a group still needed it. */
  public static String drops(String stream) {
    return side(stream, "drops");
  }

  /** A hash: hour since 1970 to how many entries the stream had ever had, see {@code trim.lua}. */
  public static String trend(String stream) {
    return side(stream, "trend");
  }

  /** Where a stream is a group's dead letters: {@link #audit} of that group. */
  public static Optional<String> auditOfDeadLetters(String stream) {
    String kind = "}:dead:";
    int at = stream.startsWith("{") ? stream.indexOf(kind) : -1;
    return at < 0
        ? Optional.empty()
        : Optional.of(stream.substring(0, at) + "}:audit:" + stream.substring(at + kind.length()));
  }

  /** A hash: consumer to its lease in milliseconds, for whoever looks for what has run out. */
  public static String leases(String stream, String group) {
    return side(stream, "leases", group);
  }

  /** A string: the last numbers that a producer has sent, with their places. */
  public static String sent(String stream, String producer) {
    return side(stream, "sent", producer);
  }

  /** A string: the stream's generation, to which the markers of ids belong. */
  public static String ids(String stream) {
    return side(stream, "ids");
  }

  /** A string: where the entry of an id is. */
  public static String id(String stream, String id) {
    return side(stream, "id", id);
  }

  /** A string: where a request is, and who waits for its reply, or the reply. */
  public static String call(String stream, String id) {
    return side(stream, "call", id);
  }

  /** A string: how far a line of appends has come, see {@code append-guarded.lua}. */
  public static String line(String stream, String line) {
    return side(stream, "line", line);
  }

  /**
   * A sorted set: consumer to the server's time, in milliseconds, until which it counts as alive.
   */
  public static String alive(String stream, String group) {
    return side(stream, "alive", group);
  }

  /** A text that expires: the consumer that looks after the group for all of them. */
  public static String turn(String stream, String group) {
    return side(stream, "turn", group);
  }

  /** No key but a channel: something of the group was handed back. */
  public static String bell(String stream, String group) {
    return side(stream, "bell", group);
  }

  /** As {@link #turn}, for the entries of {@link #retry}. */
  public static String retryTurn(String stream, String group) {
    return side(stream, "retry-turn", group);
  }

  /** A key that belongs to the stream. */
  public static String side(String stream, String kind) {
    String tail = tail(stream);
    return "{" + base(stream) + "}:" + kind + (tail.isEmpty() ? "" : ":" + tail);
  }

  /** A key that belongs to a group of the stream. */
  public static String side(String stream, String kind, String group) {
    String tail = tail(stream);
    return "{" + base(stream) + "}:" + kind + ":" + (tail.isEmpty() ? "" : tail + "/") + group;
  }

  /**
   * Every key that goes with a stream with these groups, the stream's own first. Its dead letters
   * and its backup are streams of their own; its lines and markers of ids count for nothing without
   * the generation.
   */
  public static List<String> all(String stream, Collection<String> groups) {
    var keys = new ArrayList<String>();
    keys.add(stream);
    for (String kind : STREAM_KINDS) {
      keys.add(side(stream, kind));
    }
    for (String group : groups) {
      keys.addAll(ofGroup(stream, group));
    }
    return keys;
  }

  /** The keys of {@link #all} that go with one group. */
  public static List<String> ofGroup(String stream, String group) {
    return GROUP_KINDS.stream().map(kind -> side(stream, kind, group)).toList();
  }

  private static String base(String stream) {
    return stream.startsWith("{") ? stream.substring(1, stream.indexOf('}')) : stream;
  }

  private static String tail(String stream) {
    return stream.startsWith("{")
        ? stream.substring(stream.indexOf('}') + 2).replace(':', '/')
        : "";
  }
}
