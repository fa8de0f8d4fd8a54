package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import io.lettuce.core.StreamMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  static Arrival of(String id, long count, Map<String, byte[]> fields) {
    return of(id, count, fields, false, null);
  }

  /**
   * As one.
   *
   * @param note what is kept beside the stream; empty text takes away what an entry carries
   */
  static Arrival of(
      String id, long count, Map<String, byte[]> fields, boolean recovered, @Nullable String note) {
    int bytes = 32;
    for (var field : fields.entrySet()) {
      bytes += field.getKey().length() + field.getValue().length;
    }
    Comeback comeback = Comeback.takeFrom(fields);
    String told = note != null ? note : comeback == null ? "" : comeback.note();
    var past =
        recovered || !told.isEmpty()
            ? new Received.Past(recovered, told.isEmpty() ? Optional.empty() : Optional.of(told))
            : Received.Past.none();
    long before = comeback == null ? 0 : comeback.deliveries();
    boolean large = fields.size() > MOST_FIELDS;
    return new Arrival(id, count, before, EntryWire.read(fields), bytes, past, note != null, large);
  }

  /** New entries of a read, which have a delivery count of 1. */
  static List<Arrival> of(@Nullable List<StreamMessage<String, byte[]>> messages) {
    if (messages == null || messages.isEmpty()) {
      return List.of();
    }
    var arrivals = new ArrayList<Arrival>(messages.size());
    for (var message : messages) {
      arrivals.add(of(message.getId(), 1, message.getBody()));
    }
    return arrivals;
  }

  /** Those that are still there; for each one that is not, the loss is counted by the caller. */
  static List<Arrival> ofTaken(List<Checked.Taken> taken) {
    var arrivals = new ArrayList<Arrival>(taken.size());
    for (var one : taken) {
      var fields = one.fields();
      if (fields != null) {
        arrivals.add(of(one.id(), one.count(), fields, one.recovered(), one.note()));
      }
    }
    return arrivals;
  }

  Received received(Receipt receipt, long fence) {
    long delivery = before + count;
    return new Received(
        receipt.position(),
        entry,
        0,
        delivery == 1 ? ONCE : OptionalInt.of(Math.clamp(delivery, 1, Integer.MAX_VALUE)),
        OptionalLong.of(Fence.token(fence, delivery)),
        past,
        receipt);
  }
}
