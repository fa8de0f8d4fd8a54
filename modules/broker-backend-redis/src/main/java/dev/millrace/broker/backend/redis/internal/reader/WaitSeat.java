package dev.millrace.broker.backend.redis.internal.reader;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A lane in a waiting call, with the lane of what was parked where there is one. Guarded by the
 * hub's lock where nothing else is said.
 *
 * @param count how many the call brings of each stream at most
 * @param reserved the credit that this takes; nearly always only one of the two brings something,
 *     and what comes beyond the credit is handed back
 */
record WaitSeat(
    MainLane lane,
    @Nullable RetryLane retry,
    int count,
    int reserved,
    Arrival.Origin origin,
    UnderWay done) {

  /**
   * Takes a seat. Of many streams each may bring one: the server gives an entry to one who waits.
   */
  static WaitSeat take(MainLane lane, boolean alone, UnderWay done) {
    int room = lane.crew().readCount();
    RetryLane retry = lane.parking().waiting();
    int count = !alone ? 1 : retry == null ? room : Math.max(1, room / 2);
    int reserved = Math.min(room, retry == null ? count : 2 * count);
    lane.crew().reserve(reserved);
    return new WaitSeat(lane, retry, count, reserved, lane.origin(), done);
  }

  /** The streams of all. */
  static List<String> streams(List<WaitSeat> seats) {
    var streams = new ArrayList<String>(seats.size());
    for (WaitSeat seat : seats) {
      streams.add(seat.lane.stream());
      RetryLane retry = seat.retry;
      if (retry != null) {
        streams.add(retry.stream());
      }
    }
    return streams;
  }

  void leave() {
    lane.crew().unreserve(reserved);
    lane.become(Lane.State.IDLE);
  }

  /** Without the lock. */
  boolean brought(Map<String, List<Arrival>> arrivals) {
    return arrivals.containsKey(lane.stream())
        || (retry != null && arrivals.containsKey(retry.stream()));
  }

  /** What was parked goes first: it is older. */
  void give(Map<String, List<Arrival>> arrivals, long fenceNow) {
    if (retry != null) {
      retry.waited(arrivals.getOrDefault(retry.stream(), List.of()), origin, fenceNow);
    }
    lane.waited(count, arrivals.getOrDefault(lane.stream(), List.of()), origin, fenceNow);
  }

  /** As {@link #give}, of a call that was given up. */
  void late(Map<String, List<Arrival>> arrivals, long fenceNow) {
    if (retry != null) {
      retry.late(arrivals.getOrDefault(retry.stream(), List.of()), origin, fenceNow);
    }
    lane.late(arrivals.getOrDefault(lane.stream(), List.of()), origin, fenceNow);
  }

  /** The call failed; both read by themselves, so that the one at fault finds out. */
  void readAlone() {
    if (retry != null) {
      retry.hint();
    }
    lane.advance();
  }
}
