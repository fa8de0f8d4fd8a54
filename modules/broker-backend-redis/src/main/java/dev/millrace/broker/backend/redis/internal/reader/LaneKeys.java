package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.backend.redis.internal.log.Keys;

/**
 * The keys that a lane uses. Where the group reads what was parked, all but the first two are those
 * of the group's own stream.
 *
 * @param stream what is read
 * @param notes of its entries
 * @param retry where parked entries come back
 * @param dead the group's dead letters, by their usual name
 */
record LaneKeys(
    String stream,
    String notes,
    String floor,
    String leases,
    String fence,
    String parked,
    String parkedEntries,
    String retry,
    String audit,
    String alive,
    String turn,
    String dead) {
  static LaneKeys of(GroupRef ref) {
    String stream = ref.stream();
    String group = ref.group();
    return new LaneKeys(
        stream,
        Keys.notes(stream, group),
        Keys.floor(stream),
        Keys.leases(stream, group),
        Keys.fence(stream),
        Keys.parked(stream, group),
        Keys.parkedEntries(stream, group),
        Keys.retry(stream, group),
        Keys.audit(stream, group),
        Keys.alive(stream, group),
        Keys.turn(stream, group),
        Names.deadLetter(stream, group));
  }

  /** For the stream where the group's parked entries come back. */
  static LaneKeys ofRetry(GroupRef ref) {
    LaneKeys main = of(ref);
    return new LaneKeys(
        main.retry,
        Keys.retryNotes(ref.stream(), ref.group()),
        main.floor,
        main.leases,
        main.fence,
        main.parked,
        main.parkedEntries,
        main.retry,
        main.audit,
        main.alive,
        Keys.retryTurn(ref.stream(), ref.group()),
        main.dead);
  }
}
