package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads a stream: makes its group, and waits for what comes. Guarded by the hub's lock. */
final class MainLane extends Lane {
  private static final long HOT_NANOS = Duration.ofMillis(100).toNanos();

  private final Backoff hot = new Backoff(1, 16);
  private final Backoff polling = new Backoff(10, 250);
  private final Parking parking = new Parking(this);

  /** Older entries wait for credit. Written under the lock. */
  private volatile boolean wantsCredit;

  private boolean ensured;
  private long lastEntry;

  private MainLane(Hub hub, Group group, LaneKeys keys) {
    super(hub, group, keys, new Crew(), new Fence(keys.fence(), group.ref().group()));
    this.lastEntry = hub.now() - HOT_NANOS;
  }

  static MainLane of(Hub hub, Group group) {
    return new MainLane(hub, group, LaneKeys.of(group.ref()));
  }

  @Override
  Position position(String id) {
    return new Position(id);
  }

  @Override
  boolean deletes(Member member) {
    return member.spec().workQueue();
  }

  @Override
  Parking parking() {
    return parking;
  }

  // ---- members

  void join(Member member) {
    if (crew().join(member) && ensured) {
      announceLease();
    }
    trouble().tell(member);
    if (ensured) {
      member.groupIsThere();
    }
    if (members().size() == 1) {
      recovery().start();
      parking.start();
    }
    // The group is to exist from the opening on, so that nothing sent after it is missed.
    if (!ensured && state() == State.IDLE) {
      ensure(startOf(member));
    }
  }

  /** Whether it was the last one. */
  boolean part(Member member) {
    members().remove(member);
    if (!members().isEmpty()) {
      return false;
    }
    close();
    parking.stop();
    return true;
  }

  /** This one, and the one where parked entries come back. */
  private List<Lane> both() {
    RetryLane retry = parking.lane();
    return retry == null ? List.of(this) : List.of(this, retry);
  }

  void handBackReleasedOf(Member member) {
    both().forEach(lane -> lane.releases().handBackOf(member));
  }

  void handBackAllOf(Member member) {
    handBackReleasedOf(member);
    for (Lane lane : both()) {
      lane.deliveries().handBack(lane.deliveries().select(r -> r.member == member), true);
    }
  }

  CompletionStage<Void> allQuiet() {
    return CompletableFuture.allOf(
        both().stream()
            .map(lane -> lane.quiet().toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  /** Whether credit that comes now changes anything; without the lock. */
  boolean waitsForCredit() {
    return state() == State.IDLE || wantsCredit || readsAhead();
  }

  // ---- the state machine

  @Override
  void advance() {
    if (state() == State.CLOSED) {
      return;
    }
    serveOlder();
    if (wantsCredit && state() == State.WAITING) {
      hub().pullOut(this);
    }
    if (state() == State.IDLE) {
      if (!ensured && !members().isEmpty()) {
        ensure(startOf(members().get(0)));
        return;
      }
      int count = crew().readCount();
      if (count > 0) {
        read(count);
      }
    }
    if (!wantsCredit) {
      readAhead();
    }
  }

  @Override
  void serveOlder() {
    parking.step();
    super.serveOlder();
    wantsCredit = olderWait() || parking.olderWait();
  }

  private String startOf(Member member) {
    return trouble().vanished() ? "0" : Starts.id(member.spec().start());
  }

  private void announceLease() {
    hub()
        .after(
            () ->
                hub()
                    .checked()
                    .ensure(this, "0", leaseMillis())
                    .whenComplete(
                        (how, error) -> {
                          if (error != null) {
                            trouble().logged("announce the lease", error);
                          }
                        }));
  }

  private void ensure(String start) {
    become(State.ENSURING);
    UnderWay done =
        begin(
            () -> {
              if (state() == State.ENSURING) {
                become(State.IDLE);
              }
            });
    hub()
        .after(
            () ->
                hub()
                    .checked()
                    .ensure(this, start, leaseMillis())
                    .whenComplete(
                        (how, error) -> hub().locked(() -> ensuredDone(how, error, done))));
  }

  private void ensuredDone(
      Checked.@Nullable Ensured how, @Nullable Throwable error, UnderWay done) {
    end(done);
    if (how != null) {
      fence().learn(how.fence());
      if (how.audited()) {
        hub().after(group()::count);
      }
    }
    if (state() != State.ENSURING) {
      return;
    }
    become(State.IDLE);
    if (error != null || how == null) {
      failed(error == null ? new IllegalStateException("no reply") : error);
      return;
    }
    ensured = true;
    members().forEach(Member::groupIsThere);
    if (how.how() == 2 || trouble().vanished()) {
      trouble().madeAgain(new Position(how.start()));
    }
    advance();
  }

  @Override
  void unfenced() {
    ensured = false;
  }

  /** As {@link Lane#startOver}; the lane where parked entries come back too. */
  @Override
  void startOver() {
    super.startOver();
    parking.startOver();
    hub().startOver(this);
  }

  @Override
  void rest() {
    if (!ensured) {
      advance();
      return;
    }
    serveOlder();
    if (state() != State.IDLE || crew().readCount() == 0) {
      return;
    }
    if (hub().waitAtOnce(this)) {
      return;
    }
    if (hub().now() - lastEntry < HOT_NANOS) {
      pause(hot.next());
    } else {
      hub().enqueue(this);
    }
  }

  /** No waiting connection can be had. */
  void poll() {
    parking.hint();
    pause(polling.next());
  }

  @Override
  void reconnected(boolean atOnce) {
    super.reconnected(atOnce);
    parking.reconnected(atOnce);
    if (atOnce && trouble().any()) {
      resume();
    }
  }

  /** A read failed, or making the group did. */
  @Override
  void failed(Throwable error) {
    if (state() == State.CLOSED) {
      return;
    }
    if (vanished(error)) {
      ensured = false;
      if (trouble().vanish()) {
        // Never at the end, never where this process was: others' unacknowledged entries would go.
        ensure("0");
      } else {
        pause(trouble().delay());
      }
      return;
    }
    trouble().failed(RedisErrors.codeOf(error), error);
    pause(trouble().delay());
  }

  @Override
  void came() {
    lastEntry = hub().now();
    hot.reset();
    polling.reset();
  }

  /** What a waiting call brought for this lane. */
  void waited(int asked, List<Arrival> arrivals, Arrival.Origin origin, long fenceNow) {
    works();
    arrived(arrivals, origin, fenceNow);
    if (arrivals.size() >= asked || !ensured) {
      advance();
    } else {
      waitAgain();
    }
  }

  private void waitAgain() {
    serveOlder();
    if (state() == State.IDLE && crew().readCount() > 0) {
      become(State.WAITING);
      hub().waiting().add(this);
    }
  }
}
