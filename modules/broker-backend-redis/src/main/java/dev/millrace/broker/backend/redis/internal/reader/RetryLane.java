package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import java.util.List;

/**
 * Reads the stream where a group's parked entries come back, for the members of a main lane. It
 * never waits by itself: the main lane's waits include its stream; and it reads first where it is
 * told that there may be something. Guarded by the hub's lock.
 */
final class RetryLane extends Lane {
  private final MainLane main;
  private boolean hinted;

  RetryLane(MainLane main, Group group) {
    super(main.hub(), group, LaneKeys.ofRetry(main.group().ref()), main.crew(), main.fence());
    this.main = main;
  }

  @Override
  Position position(String id) {
    return new Position(Keys.RETRY_POSITION + id);
  }

  @Override
  boolean deletes(Member member) {
    return true;
  }

  @Override
  Parking parking() {
    return main.parking();
  }

  /** There may be something to read. */
  void hint() {
    hinted = true;
  }

  @Override
  void advance() {
    main.advance();
  }

  /** Does what can be done now. */
  void step() {
    if (state() == State.CLOSED) {
      return;
    }
    serveOlder();
    if (state() == State.IDLE && hinted && fence().known() != Fence.NONE) {
      int count = crew().readCount();
      if (count > 0) {
        read(count);
      }
    }
  }

  @Override
  void rest() {
    hinted = false;
    main.advance();
  }

  @Override
  void unfenced() {
    main.unfenced();
  }

  /** What a waiting call of the main lane brought. */
  void waited(List<Arrival> arrivals, Arrival.Origin origin, long fenceNow) {
    arrived(arrivals, origin, fenceNow);
    hinted |= !arrivals.isEmpty();
  }

  @Override
  void failed(Throwable error) {
    if (vanished(error)) {
      hinted = false;
      main.parking().vanished();
      return;
    }
    // The main lane tells of what concerns both.
    if (!RedisErrors.transientError(error)) {
      trouble().logged("read what was parked", error);
    }
    pause(trouble().delay());
  }

  @Override
  void reconnected(boolean atOnce) {
    super.reconnected(atOnce);
    hinted = true;
    if (atOnce) {
      resume();
    }
  }
}
