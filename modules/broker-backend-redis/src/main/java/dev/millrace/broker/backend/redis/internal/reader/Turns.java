package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a lane looks after its group: of all processes only one at a time does, the one that has the
 * turn. It keeps it by coming back in time, and loses it when it has no credit for what it would
 * find, or dies. The others say that they live, the less often the more there are. Each answer also
 * tells the server's time. Guarded by the hub's lock.
 */
final class Turns {
  private static final Duration SHORTEST = Duration.ofMillis(200);
  private static final Duration LONGEST = Duration.ofSeconds(15);
  private static final Duration AFTER_ERROR = Duration.ofSeconds(1);

  /** Leases of others that are shorter do not make everybody look more often. */
  private static final long LEAST_OF_OTHERS = Duration.ofSeconds(5).toMillis();

  private static final int MOST_PERIODS = 4;

  private final Lane lane;
  private final ClockGuard guard;
  private final java.util.function.Consumer<ClockGuard.Step> stepped;
  private final Runnable mine;

  private Map<String, Long> leases = Map.of();
  private boolean stopped;
  private boolean asking;
  private boolean scheduleNext;
  private boolean force;
  private boolean wanted;
  private long notBefore;
  private long sweepAt;

  /** What to do when the clock was set, and when this lane has the turn. */
  Turns(
      Lane lane,
      ClockGuard guard,
      java.util.function.Consumer<ClockGuard.Step> stepped,
      Runnable mine) {
    this.lane = lane;
    this.guard = guard;
    this.stepped = stepped;
    this.mine = mine;
    this.notBefore = lane.hub().now();
    this.sweepAt = notBefore;
  }

  void start() {
    sweepAt = lane.hub().now() + sweepNanos();
    schedule(SHORTEST);
  }

  void stop() {
    stopped = true;
  }

  /** The leases that the group's consumers have announced, in milliseconds. */
  Map<String, Long> leases() {
    return leases;
  }

  private void schedule(Duration base) {
    lane.hub().after(() -> lane.hub().timer(Backoff.jittered(base), this::tick));
  }

  private void tick() {
    if (stopped) {
      return;
    }
    scheduleNext = true;
    ask();
  }

  /** Credit came: a turn that was let go for want of it may be had again. */
  void serve() {
    if (wanted && lane.hasCredit()) {
      wanted = false;
      ask();
    }
  }

  /** Has the server's time read, unless that is under way or has just failed. */
  void ask() {
    if (stopped || asking || (!scheduleNext && lane.hub().now() - notBefore < 0)) {
      return;
    }
    asking = true;
    boolean able = lane.hasCredit();
    wanted = !able;
    boolean forced = force && able;
    long turn = able ? period().toMillis() * 3 / 2 : 0;
    UnderWay done = lane.begin(this::givenUp);
    long sent = lane.hub().now();
    lane.hub()
        .after(
            () ->
                lane.hub()
                    .readers()
                    .keeper()
                    .tend(lane, turn, forced)
                    .whenComplete(
                        (answer, error) -> {
                          long received = lane.hub().now();
                          if (answer != null && answer.awaited()) {
                            lane.hub().readers().audited(lane.parking().of());
                          }
                          if (error != null && !expected(error)) {
                            lane.trouble().logged("look after the group", error);
                          }
                          lane.hub()
                              .locked(
                                  () -> {
                                    if (lane.awaits(done)) {
                                      asking = false;
                                      answered(answer, sent, received);
                                    }
                                    lane.end(done);
                                  });
                        }));
  }

  private void givenUp() {
    asking = false;
    scheduleIf(scheduleNext, AFTER_ERROR);
    scheduleNext = false;
  }

  // A read finds out about these too, and tells. It never finds out that memory is full.
  static boolean expected(Throwable error) {
    String code = RedisErrors.codeOf(error);
    return code.equals("NOGROUP") || (RedisErrors.transientError(error) && !code.equals("OOM"));
  }

  private void answered(Keeper.@Nullable Tended answer, long sent, long received) {
    boolean next = scheduleNext;
    scheduleNext = false;
    if (stopped) {
      return;
    }
    if (answer == null) {
      notBefore = received + AFTER_ERROR.toNanos();
      scheduleIf(next, period());
      return;
    }
    force &= !answer.mine();
    ClockGuard.Step step = guard.saw(answer.serverMillis(), sent, received);
    if (step != ClockGuard.Step.NONE) {
      // The turn expires by the clock that was set.
      force |= step == ClockGuard.Step.BACKWARD;
      stepped.accept(step);
    }
    if (!answer.leases().isEmpty()) {
      leases = answer.leases();
    }
    if (lane instanceof MainLane) {
      lane.parking().turn(answer.mine(), answer.back());
    }
    if (answer.mine()) {
      scheduleIf(next, period());
      sweepIfDue(received);
      mine.run();
    } else {
      scheduleIf(next, period().multipliedBy(1 + Math.clamp(answer.alive() / 2, 1, MOST_PERIODS)));
    }
    lane.advance();
  }

  private void scheduleIf(boolean next, Duration base) {
    if (next) {
      schedule(base);
    }
  }

  /** Half the shortest lease that matters here: how often the one who has the turn looks. */
  private Duration period() {
    long shortest = lane.leaseMillis();
    for (long lease : leases.values()) {
      shortest = Math.min(shortest, Math.max(lease, LEAST_OF_OTHERS));
    }
    Duration half = Duration.ofMillis(shortest / 2);
    return half.compareTo(SHORTEST) < 0 ? SHORTEST : half.compareTo(LONGEST) > 0 ? LONGEST : half;
  }

  private void sweepIfDue(long now) {
    long alive = Keeper.aliveMillis(lane.leaseMillis());
    if (!(lane instanceof MainLane) || now - sweepAt < 0 || !guard.steady(alive, now)) {
      return;
    }
    sweepAt = now + sweepNanos();
    UnderWay done = lane.begin();
    lane.hub()
        .after(
            () ->
                lane.hub()
                    .readers()
                    .keeper()
                    .sweep(lane)
                    .whenComplete(
                        (removed, error) -> {
                          if (error != null && !expected(error)) {
                            lane.trouble().logged("remove the names of dead consumers", error);
                          }
                          lane.hub()
                              .locked(
                                  () -> {
                                    if (removed != null && removed == Keeper.SWEPT) {
                                      sweepAt = lane.hub().now();
                                    }
                                    lane.end(done);
                                  });
                        }));
  }

  private long sweepNanos() {
    return Duration.ofMillis(Keeper.aliveMillis(lane.leaseMillis()) / 4).toNanos();
  }
}
