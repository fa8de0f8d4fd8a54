package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.Gathering;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Reads one stream for one group under one consumer name, for all members that share these: what
 * {@link MainLane} and {@link RetryLane} have in common. See the package for its states. Guarded by
 * the hub's lock where nothing else is said.
 */
abstract class Lane {
  /** See the package. */
  enum State {
    IDLE,
    ENSURING,
    READING,
    WAITING,
    PAUSED,
    CLOSED
  }

  private static final int MOST_READS = 2;

  /** How much longer than the server may take an answer is waited for by a lane that is silent. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Hub hub;
  private final Group group;
  private final LaneKeys keys;
  private final Crew crew;
  private final Fence fence;
  private final byte[] groupBytes;
  private final byte[] consumerBytes;
  private final Set<UnderWay> underWay = new HashSet<>();
  private final Trouble trouble;
  private final Recovery recovery;
  private final Releases releases;
  private final Deliveries deliveries;
  private final Gathering<Held.Answered, Long> answers;

  /** Written under the lock; read without it by {@link Member#request}. */
  private volatile State state = State.IDLE;

  private int pauses;
  private long pausedUntil;
  private int reads;

  /** The last read brought a whole batch. Written under the lock. */
  private volatile boolean streaming;

  Lane(Hub hub, Group group, LaneKeys keys, Crew crew, Fence fence) {
    this.hub = hub;
    this.group = group;
    this.keys = keys;
    this.crew = crew;
    this.fence = fence;
    this.groupBytes = Checked.text(group.ref().group());
    this.consumerBytes = Checked.text(hub.consumer().getName());
    this.trouble = new Trouble(this);
    this.recovery = new Recovery(this);
    this.releases = new Releases(this);
    this.deliveries = new Deliveries(this);
    this.answers = new Gathering<>(Held.Answered::bytes, all -> group.scripts().answer(this, all));
  }

  // ---- what never changes, without the lock

  Hub hub() {
    return hub;
  }

  Group group() {
    return group;
  }

  LaneKeys keys() {
    return keys;
  }

  String stream() {
    return keys.stream();
  }

  byte[] groupBytes() {
    return groupBytes;
  }

  byte[] consumerBytes() {
    return consumerBytes;
  }

  Fence fence() {
    return fence;
  }

  /** Where answers to requests are gathered. */
  Gathering<Held.Answered, Long> answers() {
    return answers;
  }

  /** How the application knows an entry of this stream. */
  abstract Position position(String id);

  /** Whether what this member acknowledges is deleted. */
  abstract boolean deletes(Member member);

  abstract Parking parking();

  // ---- members

  Crew crew() {
    return crew;
  }

  List<Member> members() {
    return crew.members();
  }

  long leaseMillis() {
    return crew.leaseMillis();
  }

  int available() {
    return crew.available();
  }

  boolean hasCredit() {
    return crew.hasCredit();
  }

  // ---- the state machine

  State state() {
    return state;
  }

  void become(State next) {
    if (state != State.CLOSED) {
      state = next;
    }
  }

  void close() {
    state = State.CLOSED;
    recovery.stop();
    releases.stop();
  }

  /** Does what can be done now. */
  abstract void advance();

  /** There is nothing more to read at the moment. */
  abstract void rest();

  /** A read failed. */
  abstract void failed(Throwable error);

  /** The group's epoch is gone: somebody has made the group anew without us. */
  abstract void unfenced();

  /** A read brought something. */
  void came() {}

  /** A read succeeded. */
  void works() {
    trouble.over();
  }

  /** Those that were here before go before new ones. */
  void serveOlder() {
    releases.serve();
    recovery.serve();
  }

  /** Whether older entries wait for credit. */
  boolean olderWait() {
    return releases.wants() || recovery.wants();
  }

  /** Where a command comes from that is sent now. */
  Arrival.Origin origin() {
    return new Arrival.Origin(hub.now(), hub.connections().epoch(), fence.known());
  }

  /** Whether another read is to go before the one under way is answered; without the lock. */
  boolean readsAhead() {
    return streaming && state == State.READING;
  }

  /** While batches come whole, the server is to have the next read before it is done with this. */
  void readAhead() {
    int count = crew.readCount();
    if (readsAhead() && reads < MOST_READS && count == crew.batch()) {
      read(count);
    }
  }

  void read(int count) {
    become(State.READING);
    reads++;
    crew.reserve(count);
    UnderWay done = begin(() -> readGivenUp(count));
    Arrival.Origin origin = origin();
    hub.after(
        () -> {
          var read = GroupRead.of(hub.consumer(), count, stream());
          var epoch = fence.question();
          hub.dispatch(List.of(read, epoch));
          CompletionStage<Map<String, List<Arrival>>> messages = read;
          messages
              .thenCombine(
                  Fence.answer(epoch),
                  (brought, then) -> new Brought(brought.getOrDefault(stream(), List.of()), then))
              .whenComplete(
                  (brought, error) ->
                      hub.locked(
                          () -> {
                            if (awaits(done)) {
                              reads--;
                              crew.unreserve(count);
                              readDone(count, brought, origin, error);
                            } else if (brought != null) {
                              late(brought.arrivals(), origin, brought.fence());
                            }
                            end(done);
                            if (brought != null) {
                              brought.forget();
                            }
                          }));
        });
  }

  private void readGivenUp(int count) {
    reads--;
    crew.unreserve(count);
    streaming = false;
    if (state == State.READING && reads == 0) {
      become(State.IDLE);
    }
  }

  /** The answer to a read that was given up: pending under our name, and nobody else's to give. */
  void late(List<Arrival> arrivals, Arrival.Origin origin, long fenceNow) {
    arrived(arrivals, origin, fenceNow);
    advance();
  }

  /** What a read brought, and the group's epoch behind it. */
  private record Brought(List<Arrival> arrivals, long fence) {
    /** The answered command goes on holding the list, see {@link AckArgs}. */
    void forget() {
      if (!arrivals.isEmpty()) {
        arrivals.clear();
      }
    }
  }

  private void readDone(
      int asked, @Nullable Brought brought, Arrival.Origin origin, @Nullable Throwable error) {
    boolean reading = state == State.READING;
    if (error != null || brought == null) {
      streaming = false;
      // Of two reads that fail the first one tells.
      if (reading) {
        become(State.IDLE);
        failed(error == null ? new IllegalStateException("no reply") : error);
      }
      return;
    }
    if (reading && reads == 0) {
      become(State.IDLE);
    }
    works();
    boolean full = brought.arrivals().size() >= asked;
    streaming = full && asked >= crew.batch();
    arrived(brought.arrivals(), origin, brought.fence());
    if (full && (state == State.IDLE || state == State.READING)) {
      advance();
    } else if (state == State.IDLE) {
      rest();
    }
  }

  /**
   * Takes pending entries over and gives them out.
   *
   * @param entries no more than there is credit available
   */
  void claim(List<Checked.Seen> entries, Runnable after) {
    int count = entries.size();
    crew.reserve(count);
    Runnable ended =
        () -> {
          crew.unreserve(count);
          after.run();
        };
    UnderWay done = begin(ended);
    Arrival.Origin origin = origin();
    hub.after(
        () ->
            hub.checked()
                .claim(this, entries)
                .whenComplete(
                    (claimed, error) -> {
                      if (error != null) {
                        trouble.logged("claim", error);
                      }
                      hub.locked(
                          () -> {
                            boolean awaited = awaits(done);
                            if (awaited) {
                              crew.unreserve(count);
                            }
                            if (claimed != null) {
                              claimed(claimed, origin);
                            }
                            if (awaited) {
                              after.run();
                            }
                            advance();
                            end(done);
                          });
                    }));
  }

  private void claimed(Checked.Claimed claimed, Arrival.Origin origin) {
    List<Arrival> arrivals = Arrival.ofTaken(claimed.taken());
    lost(claimed.taken().size() - arrivals.size());
    // One script: its epoch is theirs.
    var theirs = new Arrival.Origin(origin.issued(), origin.epoch(), claimed.fence());
    arrived(arrivals, theirs, claimed.fence());
  }

  void pause(Duration delay) {
    become(State.PAUSED);
    pausedUntil = hub.now() + delay.toNanos();
    int mine = ++pauses;
    hub.after(
        () ->
            hub.timer(
                delay,
                () -> {
                  if (mine == pauses) {
                    resume();
                  }
                }));
  }

  void resume() {
    if (state == State.PAUSED) {
      become(State.IDLE);
      advance();
    }
  }

  /** The connection is back; see {@link Hub#reconnected}. */
  void reconnected(boolean atOnce) {
    recovery.reconnected();
  }

  static boolean vanished(Throwable error) {
    String code = RedisErrors.codeOf(error);
    return code.equals("NOGROUP") || code.equals("UNBLOCKED");
  }

  // ---- entries

  /**
   * What a command brought.
   *
   * @param fenceNow the epoch behind it: another one than before, and nobody can tell which is
   *     theirs
   */
  void arrived(List<Arrival> arrivals, Arrival.Origin origin, long fenceNow) {
    if (fenceNow == Fence.NONE) {
      unfenced();
    } else {
      fence.learn(fenceNow);
    }
    if (arrivals.isEmpty()) {
      return;
    }
    came();
    if (fenceNow == Fence.NONE || fenceNow != origin.fence()) {
      deliveries.reject(arrivals, origin);
    } else {
      deliveries.give(arrivals, origin);
    }
  }

  /** Entries that were deleted while they were pending: nobody can ever handle them. */
  void lost(long count) {
    if (count > 0) {
      trouble.lost(count);
    }
  }

  Recovery recovery() {
    return recovery;
  }

  Releases releases() {
    return releases;
  }

  Deliveries deliveries() {
    return deliveries;
  }

  /** Something was handed back. Called from other lanes and without the lock. */
  void scanNow() {
    hub.locked(recovery::now);
  }

  // ---- commands under way, which stopping has to wait for

  UnderWay begin() {
    return begin(() -> {});
  }

  UnderWay begin(Runnable givenUp) {
    return begin(Duration.ZERO, givenUp);
  }

  /**
   * A command is about to be sent.
   *
   * @param wait how long the server may keep the answer back
   * @param givenUp what to do when its answer is not waited for any more
   */
  UnderWay begin(Duration wait, Runnable givenUp) {
    var done = new UnderWay(hub.now() + wait.plus(PATIENCE).toNanos(), givenUp);
    underWay.add(done);
    return done;
  }

  /** Whether its answer still matters: it was not given up. */
  boolean awaits(UnderWay done) {
    return underWay.contains(done);
  }

  void end(UnderWay done) {
    underWay.remove(done);
    hub.after(done::end);
  }

  /**
   * A reader was opened, perhaps in place of a silent one: what should have come by now is not
   * waited for, so that a lost answer does not hold up the new one too. Should it come after all,
   * it is dealt with.
   */
  void startOver() {
    long now = hub.now();
    List<UnderWay> overdue = underWay.stream().filter(each -> each.overdue(now)).toList();
    for (UnderWay each : overdue) {
      if (awaits(each)) {
        end(each);
        each.giveUp();
      }
    }
    if (!overdue.isEmpty()) {
      trouble.givenUp(overdue.size());
    }
    if (state == State.PAUSED && now - pausedUntil > PATIENCE.toNanos()) {
      pauses++;
      become(State.IDLE);
    }
  }

  CompletionStage<Void> quiet() {
    return CompletableFuture.allOf(
        underWay.stream().map(UnderWay::ended).toArray(CompletableFuture[]::new));
  }

  Trouble trouble() {
    return trouble;
  }
}
