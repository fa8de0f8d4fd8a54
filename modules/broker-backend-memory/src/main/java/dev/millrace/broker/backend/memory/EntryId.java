package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.Position;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The number of an entry, {@code millis-seq} as on Redis; strictly rising within a stream. */
record EntryId(long millis, long seq) implements Comparable<EntryId> {
  static final EntryId ZERO = new EntryId(0, 0);

  /** Above any that is given, and still short enough to be read back. */
  private static final long LAST_SEQ = 999_999_999_999_999_999L;

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18})(?:-(\\d{1,18}))?");

  /** From a position's text; a missing sequence is the lowest. */
  static EntryId parse(String operation, String position) {
    Matcher matcher = TEXT.matcher(position);
    if (!matcher.matches()) {
      throw new InvalidConfigException(
          operation,
          "position",
          List.of("'" + position + "' is no position; one looks like 1718000000000-0"));
    }
    String seq = matcher.group(2);
    return new EntryId(Long.parseLong(matcher.group(1)), seq == null ? 0 : Long.parseLong(seq));
  }

  /** The one after this at that time; a clock that stepped back is not followed. */
  EntryId next(long now) {
    return now > millis ? new EntryId(now, 0) : following();
  }

  /** The lowest one above this. */
  EntryId following() {
    return new EntryId(millis, seq + 1);
  }

  /** The lowest one of a time. */
  static EntryId atTime(long millis) {
    return new EntryId(Math.max(0, millis), 0);
  }

  /** Behind all of the times before. */
  static EntryId beforeTime(long millis) {
    return millis <= 0 ? ZERO : new EntryId(millis - 1, LAST_SEQ);
  }

  Position position() {
    return new Position(millis + "-" + seq);
  }

  @Override
  public int compareTo(EntryId that) {
    int byTime = Long.compare(millis, that.millis);
    return byTime != 0 ? byTime : Long.compare(seq, that.seq);
  }
}
