package dev.millrace.broker.streams;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of a message's earlier attempts, in all processes of the group. It travels as the
 * backend's note on the message, a version and named numbers: {@code 1;f=2;c=1;m=a}. What is
 * unknown in a note is passed over, so that an older process can read what a newer one wrote.
 *
 * @param failures attempts that failed, or asked for another one
 * @param crashes deaths of a process in which it was handled alone, or that its handler ended
 * @param suspicions deaths of a process in which it was handled beside others
 * @param mark how it is being handled now
 * @param unhandledSince since when nobody knows its type, in milliseconds; 0: somebody does
 */
record Tally(int failures, int crashes, int suspicions, Mark mark, long unhandledSince) {
  /** Nothing to tell. */
  static final Tally NONE = new Tally(0, 0, 0, Mark.NONE, 0);

  /** After this many suspicions it is condemned without proof, so that nothing goes on for ever. */
  static final int MAX_SUSPICIONS = 20;

  private static final String VERSION = "1";

  /** How a message that may kill its process is being handled. */
  enum Mark {
    /** As any other, or not yet. */
    NONE(""),
    /** Not at all: it was handed back before its turn came. */
    SUSPECT("s"),
    /** Alone in its process. */
    ALONE("a"),
    /** Beside others. */
    IN_COMPANY("b");

    private final String text;

    Mark(String text) {
      this.text = text;
    }

    private static @Nullable Mark of(String text) {
      return switch (text) {
        case "a" -> ALONE;
        case "b" -> IN_COMPANY;
        case "s" -> SUSPECT;
        default -> null;
      };
    }
  }

  /** From a note; empty if it cannot be read. */
  static Optional<Tally> read(String note) {
    String[] parts = note.split(";", -1);
    if (!parts[0].equals(VERSION)) {
      return Optional.empty();
    }
    Tally tally = NONE;
    for (int i = 1; i < parts.length; i++) {
      Tally more = tally.with(parts[i]);
      if (more == null) {
        return Optional.empty();
      }
      tally = more;
    }
    return Optional.of(tally);
  }

  private @Nullable Tally with(String part) {
    int equals = part.indexOf('=');
    if (equals < 1) {
      return null;
    }
    String value = part.substring(equals + 1);
    try {
      return switch (part.substring(0, equals)) {
        case "f" -> new Tally(count(value), crashes, suspicions, mark, unhandledSince);
        case "c" -> new Tally(failures, count(value), suspicions, mark, unhandledSince);
        case "s" -> new Tally(failures, crashes, count(value), mark, unhandledSince);
        case "u" -> new Tally(failures, crashes, suspicions, mark, Long.parseLong(value));
        case "m" -> {
          Mark read = Mark.of(value);
          yield read == null ? null : marked(read);
        }
        default -> this;
      };
    } catch (NumberFormatException garbage) {
      return null;
    }
  }

  private static int count(String value) {
    int count = Integer.parseInt(value);
    if (count < 0) {
      throw new NumberFormatException(value);
    }
    return count;
  }

  /** As a note; empty text if there is nothing to tell. */
  String text() {
    if (equals(NONE)) {
      return "";
    }
    var text = new StringBuilder(VERSION);
    append(text, 'f', failures);
    append(text, 'c', crashes);
    append(text, 's', suspicions);
    append(text, 'u', unhandledSince);
    if (mark != Mark.NONE) {
      text.append(";m=").append(mark.text);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, char name, long value) {
    if (value != 0) {
      text.append(';').append(name).append('=').append(value);
    }
  }

  Tally marked(Mark next) {
    return mark == next ? this : new Tally(failures, crashes, suspicions, next, unhandledSince);
  }

  /** The process that had it died. */
  Tally died() {
    return new Tally(
        failures,
        crashes + (mark == Mark.ALONE ? 1 : 0),
        suspicions + (mark == Mark.IN_COMPANY ? 1 : 0),
        Mark.NONE,
        unhandledSince);
  }

  /**
   * Its handler ended the process.
   *
   * @param alone whether it was the handler's only message
   */
  Tally exited(boolean alone) {
    return marked(alone ? Mark.ALONE : Mark.IN_COMPANY).died();
  }

  /** An attempt failed. */
  Tally failed() {
    return new Tally(failures + 1, crashes, suspicions, Mark.NONE, 0);
  }

  /** Nobody here knows its type. */
  Tally unhandled(long nowMillis) {
    long since = unhandledSince == 0 ? nowMillis : unhandledSince;
    return new Tally(failures, crashes, suspicions, Mark.NONE, since);
  }

  /** Whether a process died of it, or may have. */
  boolean suspicious() {
    return crashes > 0 || suspicions > 0;
  }

  /** Whether it has had its chances. */
  boolean condemned(int maxCrashes) {
    return crashes >= maxCrashes || suspicions >= MAX_SUSPICIONS;
  }
}
