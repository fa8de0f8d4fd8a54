package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Has parked entries of a lane's group come back when they are due: those parked here by a timer.
 * For those of other processes, which may be dead by then, only one of all looks from time to time,
 * the one that has the turn ({@link Turns}). Whoever makes the stream where they come back rings
 * the {@link Bell}, so that the others take it into their waits; one that misses that is told with
 * its next sign of life. Guarded by the hub's lock.
 */
final class Parking {
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration AFTER_ERROR = Duration.ofSeconds(1);

  private final MainLane main;
  private @Nullable RetryLane lane;

  /** Whether the stream where they come back exists. */
  private boolean known;

  /** This lane looks after its group, what others parked included. */
  private boolean turn;

  /** Something that was parked here may not have come back yet; not after this time. */
  private boolean expecting;

  private long expectedUntil;

  /** The next look is because of news: who has the turn may be the one who has just gone. */
  private boolean told;

  private boolean looking;
  private boolean again;
  private boolean timed;
  private boolean stopped;
  private int timers;
  private long timerAt;

  Parking(MainLane main) {
    this.main = main;
  }

  /** The group that the application knows. */
  GroupRef of() {
    return main.group().ref();
  }

  void start() {
    told = true;
    look();
  }

  void stop() {
    stopped = true;
    RetryLane mine = lane;
    if (mine != null) {
      mine.close();
    }
  }

  /** The lane that reads them when they are back; null: none has come back yet. */
  @Nullable RetryLane lane() {
    return lane;
  }

  /** The lane whose stream belongs into a wait; null: there is none. */
  @Nullable RetryLane waiting() {
    return known ? lane : null;
  }

  void startOver() {
    RetryLane mine = lane;
    if (mine != null) {
      mine.startOver();
    }
  }

  void step() {
    RetryLane mine = lane;
    if (mine != null) {
      mine.step();
    }
  }

  boolean olderWait() {
    RetryLane mine = lane;
    return mine != null && mine.olderWait();
  }

  void hint() {
    RetryLane mine = waiting();
    if (mine != null) {
      mine.hint();
    }
  }

  void reconnected(boolean atOnce) {
    RetryLane mine = lane;
    if (mine != null) {
      mine.reconnected(atOnce);
    }
    wakeIn(atOnce ? Duration.ZERO : AFTER_ERROR);
  }

  /** Something was parked here. */
  void expect(Duration wait) {
    // The server counts from when it parks it, which is later.
    long until = main.hub().now() + wait.plus(INTERVAL).toNanos();
    if (!expecting || until - expectedUntil > 0) {
      expecting = true;
      expectedUntil = until;
    }
    wakeIn(wait.plusMillis(1));
  }

  /**
   * The lane gave a sign of life.
   *
   * @param mine whether it has the turn
   * @param exists whether the stream where they come back exists
   */
  void turn(boolean mine, boolean exists) {
    boolean begins = mine && !turn;
    turn = mine;
    if (begins || (exists && !known)) {
      look();
    }
  }

  /** Something came back, or was parked by one who goes. */
  void returned() {
    told = true;
    look();
  }

  /** The stream or its group is gone. */
  void vanished() {
    known = false;
    wakeIn(AFTER_ERROR);
  }

  private void wakeIn(Duration delay) {
    long at = main.hub().now() + delay.toNanos();
    if (stopped || (timed && timerAt - at <= 0)) {
      return;
    }
    timed = true;
    timerAt = at;
    int mine = ++timers;
    main.hub()
        .after(
            () ->
                main.hub()
                    .timer(
                        delay,
                        () -> {
                          if (mine == timers) {
                            timed = false;
                            look();
                          }
                        }));
  }

  /** Looks now, or once more when the look under way has ended. */
  void look() {
    if (stopped || looking) {
      again = looking;
      return;
    }
    looking = true;
    again = false;
    UnderWay done = main.begin(this::givenUp);
    main.hub()
        .after(
            () ->
                main.hub()
                    .checked()
                    .unpark(main)
                    .whenComplete(
                        (seen, error) ->
                            main.hub()
                                .locked(
                                    () -> {
                                      if (main.awaits(done)) {
                                        looking = false;
                                        looked(seen, error);
                                      }
                                      main.end(done);
                                    })));
  }

  private void givenUp() {
    looking = false;
    wakeIn(AFTER_ERROR);
  }

  private void looked(Checked.@Nullable Unparked seen, @Nullable Throwable error) {
    if (stopped) {
      return;
    }
    if (error != null || seen == null) {
      if (error != null && !RedisErrors.transientError(error)) {
        main.trouble().logged("bring back what was parked", error);
      }
      wakeIn(Backoff.jittered(INTERVAL));
      return;
    }
    become(seen.back() >= 0);
    if (seen.made()) {
      main.hub().after(() -> main.hub().readers().returned(of()));
    }
    lookAgain(seen);
    if (seen.back() > 0) {
      hint();
      main.advance();
    }
  }

  private void lookAgain(Checked.Unparked seen) {
    expecting &= main.hub().now() - expectedUntil < 0;
    if (again || seen.moved() == Checked.BATCH) {
      wakeIn(Duration.ZERO);
      return;
    }
    if (told && seen.nextMillis() >= 0) {
      expect(Duration.ofMillis(seen.nextMillis()));
    }
    told = false;
    boolean due = (turn || expecting) && seen.nextMillis() >= 0;
    Duration atDue = Duration.ofMillis(seen.nextMillis() + 1);
    Duration interval = Backoff.jittered(INTERVAL);
    if (due && (!turn || atDue.compareTo(interval) < 0)) {
      wakeIn(atDue);
    } else if (turn) {
      wakeIn(interval);
    }
  }

  private void become(boolean exists) {
    boolean before = known;
    known = exists;
    if (!exists || before) {
      return;
    }
    if (lane == null) {
      var ref = new GroupRef(main.keys().retry(), main.group().ref().group());
      lane = main.hub().readers().newLane(ref, group -> new RetryLane(main, group));
      lane.recovery().start();
    }
    if (main.state() == Lane.State.WAITING) {
      // The wait under way began without its stream.
      main.hub().pullOut(main);
      main.advance();
    }
  }
}
