package dev.millrace.broker.rpc;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.spi.Entry;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Replies as entries: the id is the request's, the type says how it ended, headers hold code and
 * text. What is read may come from anybody who can publish, so that it is bounded here again, and
 * nothing in it is more than text.
 */
final class Replies {
  static final int LONGEST_CODE = 64;
  static final int LONGEST_TEXT = 1_000;

  private static final String OK = "ok";
  private static final String ERROR = "error";
  private static final String NOT_STARTED = "not-started";
  private static final String UNKNOWN = "unknown";
  private static final String PART = "part";

  private static final String CODE = "code";
  private static final String TEXT = "text";
  private static final String NUMBER = "part";
  private static final String PARTS = "parts";
  private static final Fields NONE = Fields.builder().build();

  private Replies() {}

  /** An answer. */
  static Entry ok(String id, byte[] payload) {
    return new Entry(id, OK, null, Map.of(), payload(payload));
  }

  /** The end of an answer in parts. */
  static Entry end(String id) {
    return new Entry(id, OK, null, Map.of(), NONE);
  }

  static Entry error(String id, String code, String text) {
    return new Entry(
        id,
        ERROR,
        null,
        Map.of(CODE, bounded(code, LONGEST_CODE), TEXT, bounded(text, LONGEST_TEXT)),
        NONE);
  }

  static Entry notStarted(String id, String why) {
    return new Entry(id, NOT_STARTED, null, Map.of(TEXT, bounded(why, LONGEST_TEXT)), NONE);
  }

  static Entry unknown(String id, String why) {
    return new Entry(id, UNKNOWN, null, Map.of(TEXT, bounded(why, LONGEST_TEXT)), NONE);
  }

  /** One part; numbers begin at 1. */
  static Entry part(String id, int number, byte[] payload) {
    return new Entry(id, PART, null, Map.of(NUMBER, Integer.toString(number)), payload(payload));
  }

  /** The same, telling how many parts came before it. */
  static Entry after(int parts, Entry reply) {
    return reply.withHeaders(Map.of(PARTS, Integer.toString(parts)));
  }

  private static Fields payload(byte[] bytes) {
    return Fields.builder().putRaw(Message.PAYLOAD, bytes).build();
  }

  static boolean isPart(Entry reply) {
    return reply.type().filter(PART::equals).isPresent();
  }

  /** Its number, from 1; empty where it is none. */
  static OptionalInt number(Entry part) {
    return integer(part.headers().get(NUMBER));
  }

  /** How many parts came before the end; empty: it is not an answer in parts. */
  static OptionalInt parts(Entry reply) {
    return integer(reply.headers().get(PARTS));
  }

  private static OptionalInt integer(@Nullable String text) {
    return text != null && text.matches("[0-9]{1,9}")
        ? OptionalInt.of(Integer.parseInt(text))
        : OptionalInt.empty();
  }

  /** Whether it is something that a server may send. */
  static boolean known(Entry reply) {
    return reply.id().isPresent()
        && reply
            .type()
            .filter(
                type ->
                    switch (type) {
                      case OK, ERROR, NOT_STARTED, UNKNOWN, PART -> true;
                      default -> false;
                    })
            .isPresent();
  }

  /** What it says; of one that is {@link #known} and no part. */
  static Reply<Entry> read(Entry reply) {
    var headers = new HashMap<>(reply.headers());
    String text = bounded(headers.getOrDefault(TEXT, ""), LONGEST_TEXT);
    return switch (reply.type().orElse("")) {
      case OK -> new Reply.Ok<>(reply);
      case ERROR ->
          new Reply.RemoteError<>(bounded(headers.getOrDefault(CODE, ""), LONGEST_CODE), text);
      case NOT_STARTED -> new Reply.NotStarted<>(text);
      default -> new Reply.Unknown<>(text);
    };
  }

  /**
   * Escaped first and cut then, for escaping makes text longer. Both happen again where it comes
   * over the wire, and find nothing left to do.
   */
  private static String bounded(String text, int most) {
    String escaped = Names.printable(text, most);
    // One character less than the bound where it is cut, for the mark of the cut.
    return escaped.codePointCount(0, escaped.length()) > most
        ? Names.printable(escaped, most - 1)
        : escaped;
  }
}
