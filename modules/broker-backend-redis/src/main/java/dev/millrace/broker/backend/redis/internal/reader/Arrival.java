package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import io.lettuce.core.StreamMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An entry that a read or a claim brought, before it is given to a member.
 *
 * @param bytes its size, roughly
 */
record Arrival(String id, long count, Entry entry, int bytes) {
  private static final OptionalInt ONCE = OptionalInt.of(1);

  static Arrival of(String id, long count, Map<String, byte[]> fields) {
    int bytes = 32;
    for (var field : fields.entrySet()) {
      bytes += field.getKey().length() + field.getValue().length;
    }
    return new Arrival(id, count, EntryWire.read(fields), bytes);
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
        arrivals.add(of(one.id(), one.count(), fields));
      }
    }
    return arrivals;
  }

  Received received(Receipt receipt) {
    OptionalInt delivery = count == 1 ? ONCE : OptionalInt.of((int) count);
    return new Received(
        new Position(id), entry, 0, delivery, OptionalLong.empty(), Received.Past.none(), receipt);
  }
}
