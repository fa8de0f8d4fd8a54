package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An entry that a read or a claim brought, before it is given to a member.
 *
 * @param count how often it has been delivered, as the server counts
 * @param before how often it had been delivered when it was parked
 * @param bytes its size, roughly
 * @param noteKept there is a note beside the stream, which goes when it is settled
 * @param large it has more than {@link #MOST_FIELDS}
 */
record Arrival(
    String id,
    long count,
    long before,
    Entry entry,
    int bytes,
    Received.Past past,
    boolean noteKept,
    boolean large) {
  /** What a script can add to a stream is bounded by what Lua can unpack, 8,000 values. */
  static final int MOST_FIELDS = 3_900;

  private static final OptionalInt ONCE = OptionalInt.of(1);

  /**
   * Where a batch comes from.
   *
   * @param issued when its command was sent, on the local monotonic clock
   * @param epoch of the shared connection at that time
   * @param fence the group's epoch
   */
  record Origin(long issued, long epoch, long fence) {}

  /** Collects the fields of one as they come. */
  static final class Parts {
    private final EntryWire.Reader entry = new EntryWire.Reader();
    private int bytes = 32;
    private int fields;
    private @Nullable Comeback comeback;

    void field(String name, byte[] value) {
      bytes += name.length() + value.length;
      fields++;
      Comeback back = Comeback.of(name, value);
      if (back == null) {
        entry.field(name, value);
      } else {
        comeback = back;
      }
    }

    /** A new entry of a read, which has a delivery count of 1. */
    Arrival arrival(String id) {
      return arrival(id, 1, false, null);
    }

    /**
     * As one.
     *
     * @param note what is kept beside the stream; empty text takes away what an entry carries
     */
    Arrival arrival(String id, long count, boolean recovered, @Nullable String note) {
      Comeback back = comeback;
      String told = note != null ? note : back == null ? "" : back.note();
      var past =
          recovered || !told.isEmpty()
              ? new Received.Past(recovered, told.isEmpty() ? Optional.empty() : Optional.of(told))
              : Received.Past.none();
      long before = back == null ? 0 : back.deliveries();
      boolean large = fields > MOST_FIELDS;
      return new Arrival(id, count, before, entry.entry(), bytes, past, note != null, large);
    }
  }

  /** Those that are still there; for each one that is not, the loss is counted by the caller. */
  static List<Arrival> ofTaken(List<Checked.Taken> taken) {
    var arrivals = new ArrayList<Arrival>(taken.size());
    for (var one : taken) {
      var fields = one.fields();
      if (fields != null) {
        var parts = new Parts();
        fields.forEach(parts::field);
        arrivals.add(parts.arrival(one.id(), one.count(), one.recovered(), one.note()));
      }
    }
    return arrivals;
  }

  /**
   * As it is given out.
   *
   * @param fence the group's epoch
   * @param first the token of a first delivery in it: most of a batch are
   */
  Received received(Receipt receipt, long fence, OptionalLong first) {
    long delivery = before + count;
    return new Received(
        receipt.position(),
        entry,
        0,
        delivery == 1 ? ONCE : OptionalInt.of(Math.clamp(delivery, 1, Integer.MAX_VALUE)),
        delivery == 1 ? first : OptionalLong.of(Fence.token(fence, delivery)),
        past,
        receipt);
  }
}
