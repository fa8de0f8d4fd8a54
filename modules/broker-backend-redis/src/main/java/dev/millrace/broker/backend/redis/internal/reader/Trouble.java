package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a lane, and who has been told. Guarded by the hub's lock where nothing else is
 * said.
 */
final class Trouble {
  private static final System.Logger LOG = System.getLogger(Trouble.class.getName());
  private static final long OFTEN_NANOS = Duration.ofSeconds(1).toNanos();

  private static final Set<String> UNREACHABLE =
      Set.of(RedisErrors.REJECTED, RedisErrors.TIMEOUT, RedisErrors.DISCONNECTED);

  private final Lane lane;
  private final Backoff backoff = new Backoff(100, 5_000);
  private @Nullable String code;
  private @Nullable BrokerException error;
  private boolean vanished;

  /** Settlements are refused; written under the lock, read without. */
  private volatile boolean refusing;

  private long lastVanished;

  Trouble(Lane lane) {
    this.lane = lane;
    this.lastVanished = lane.hub().now() - OFTEN_NANOS;
  }

  boolean any() {
    return code != null;
  }

  /** Tells the members, unless they know. */
  void failed(String newCode, Throwable cause) {
    // Whether a command was rejected, lost or too slow is the same trouble: there is no server.
    String kind = UNREACHABLE.contains(newCode) ? RedisErrors.DISCONNECTED : newCode;
    if (kind.equals(code)) {
      return;
    }
    code = kind;
    error = RedisErrors.translate("read", lane.stream(), cause);
    lane.members().forEach(this::tell);
  }

  /** Tells one that has just come. */
  void tell(Member member) {
    BrokerException now = error;
    if (now != null) {
      member.tellFailed(now);
    }
  }

  /** Without the lock: the server refuses settlements. Said once, until it accepts one. */
  void refused(Throwable cause) {
    if (refusing) {
      return;
    }
    lane.hub()
        .locked(
            () -> {
              if (refusing) {
                return;
              }
              refusing = true;
              BrokerException told = RedisErrors.translate("settle", lane.stream(), cause);
              LOG.log(
                  System.Logger.Level.ERROR,
                  "Settlements of {0} are refused: {1}",
                  lane.group().ref(),
                  told.getMessage());
              if (!RedisErrors.transientError(cause)) {
                lane.members().forEach(member -> member.tellFailed(told));
              }
            });
  }

  /** Without the lock: a settlement was answered. */
  void accepted() {
    if (refusing) {
      lane.hub()
          .locked(
              () -> {
                refusing = false;
                lane.members().forEach(Member::tellRecovered);
              });
    }
  }

  /** How long to wait before the next try. */
  Duration delay() {
    return backoff.next();
  }

  void over() {
    if (code != null) {
      code = null;
      error = null;
      lane.members().forEach(Member::tellRecovered);
    }
    backoff.reset();
  }

  /** The stream or the group is gone. Whether to make it again at once: not so if it goes often. */
  boolean vanish() {
    vanished = true;
    long now = lane.hub().now();
    boolean often = now - lastVanished < OFTEN_NANOS;
    lastVanished = now;
    return !often;
  }

  boolean vanished() {
    return vanished;
  }

  void madeAgain(Position from) {
    vanished = false;
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} had vanished and was made again; it is read after {1}",
        lane.group().ref(),
        from);
    lane.group().measures().count(Measure.READER_RECREATED, 1);
    lane.members().forEach(member -> member.tellRecreated(from));
  }

  /** Answers that should have come are not waited for any more. */
  void givenUp(int commands) {
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} commands of {1} have had no answer for too long; it is read without them",
        commands,
        lane.group().ref());
    lane.group().measures().count(Measure.READER_STUCK, commands);
  }

  void lost(long entries) {
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} entries of {1} were deleted before they were acknowledged: they are lost",
        entries,
        lane.group().ref());
    lane.group().measures().count(Measure.READER_LOST, entries);
  }

  /** Something failed that will be made good by itself. Needs no lock. */
  void logged(String operation, Throwable cause) {
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} of {1} failed and is left to the next scan: {2}",
        operation,
        lane.group().ref(),
        RedisErrors.translate(operation, lane.stream(), cause).getMessage());
  }
}
