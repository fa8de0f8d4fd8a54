package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.InvalidConfigException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Which entries of an append are the same as earlier ones. All but {@link None} need {@link
 * BackendFeatures.Feature#IDEMPOTENT_APPEND}, {@link InLine} needs {@link
 * BackendFeatures.Feature#BACKUP}.
 */
public sealed interface Dedup {
  /** Each entry is a new one. */
  static Dedup none() {
    return None.INSTANCE;
  }

  /** See {@link #none()}. */
  enum None implements Dedup {
    /** The only one. */
    INSTANCE
  }

  /**
   * Entries are numbered by their producer, from 1: the id of number n is {@code producer-n}, n in
   * base 36. The backend remembers the last {@code window} numbers of each producer with their
   * places, for an hour after its last append at least. A number that it knows is a duplicate; one
   * that it does not know and that lies {@code window} or more below the highest is {@link
   * Appended.Forgotten}; every other one is appended. Nothing new is appended behind a number that
   * is to be there and is not: it is {@link Appended.Behind} then. A backend that carries a list
   * out in parts sees to the same between them.
   *
   * @param producer names the instance of the producer; of letters and digits
   * @param window how many numbers are remembered, 16 to 65,536, always the same for a producer;
   *     numbers whose outcome is open have to lie closer together
   * @param known whether the backend is sure to remember this producer. If it does not, nothing is
   *     appended and every entry is {@link Appended.Forgotten}: to be set for a repeat
   * @param after a number of the producer, below those of the entries, that is to be remembered as
   *     appended before any of them is; 0: none. For appends that follow others whose answers are
   *     still open, so that they do not overtake those where a connection breaks between them
   */
  record BySequence(String producer, int window, boolean known, long after) implements Dedup {
    private static final int LEAST = 16;
    private static final int MOST = 65_536;

    /** Checks the values. */
    public BySequence {
      if (after < 0) {
        throw new InvalidConfigException(
            "append", producer, List.of("after is " + after + "; it is a number, or 0 for none"));
      }
      if (window < LEAST || window > MOST) {
        throw new InvalidConfigException(
            "append",
            producer,
            List.of("window is " + window + "; it goes from " + LEAST + " to " + MOST));
      }
    }

    /** Behind nothing. */
    public BySequence(String producer, int window, boolean known) {
      this(producer, window, known, 0);
    }

    /** The same behind another number. */
    public BySequence after(long number) {
      return new BySequence(producer, window, known, number);
    }

    /** The id of a number. */
    public String idOf(long sequence) {
      return producer + "-" + Long.toString(sequence, Character.MAX_RADIX);
    }

    /**
     * The number of an entry.
     *
     * @throws InvalidConfigException if its id is not one of this producer
     */
    public long sequenceOf(Entry entry) {
      String id = entry.id().orElse("");
      int digits = producer.length() + 1;
      if (id.startsWith(producer) && id.length() > digits && id.charAt(digits - 1) == '-') {
        try {
          long sequence = Long.parseLong(id, digits, id.length(), Character.MAX_RADIX);
          if (sequence > 0) {
            return sequence;
          }
        } catch (NumberFormatException noNumber) {
          throw foreign("what follows is no number: " + noNumber);
        }
      }
      throw foreign("it does not begin with the producer's name");
    }

    private InvalidConfigException foreign(String why) {
      return new InvalidConfigException(
          "append", producer, List.of("the id of an entry is none of this producer: " + why));
    }
  }

  /**
   * Entries with the id of an earlier one are duplicates, whoever sent it, for at least this long.
   *
   * @param window how long an id is remembered
   */
  record ById(Duration window) implements Dedup {}

  /**
   * Entries of one sender, numbered one by one, that are appended in the order of their numbers and
   * each at most once, however much later they are sent again: the backend remembers only how far
   * the line has come. What is not above that is a duplicate, at {@link Position#UNKNOWN} where its
   * place is not known. From the first entry that is not appended on, no other one of the append
   * is: they end as {@link Appended.Failed} or {@link Appended.OutOfLine}. A line that is not known
   * has come to 0. Deleting the stream forgets its lines, sealed ones too.
   *
   * @param line names the line, of 1 to 64 letters, digits and hyphens; each stream has its own
   * @param first the number of the first entry, from 1; each further one has the next
   * @param after nothing is appended before the line has come so far; 0: in any case. For appends
   *     that follow others whose answers are still open
   * @param remembered for how long after the last append the backend knows the line at least
   * @param idWindow entries with an id that an earlier entry had, of whatever sender that has ids
   *     looked at ({@link ById} too), are duplicates too for so long, and their numbers are done;
   *     empty: ids are not looked at
   */
  record InLine(
      String line, long first, long after, Duration remembered, Optional<Duration> idWindow)
      implements Dedup {
    /** Checks the values. */
    public InLine {
      if (first < 1 || after < 0 || after >= first) {
        throw new InvalidConfigException(
            "append",
            line,
            List.of("first is " + first + " and after is " + after + "; 0 <= after < first"));
      }
    }
  }
}
