package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Reads one stream for one group under one consumer name, for all members that share these. See the
 * package for its states. Guarded by the hub's lock where nothing else is said.
 */
final class Lane {
  /** See the package. */
  enum State {
    IDLE,
    ENSURING,
    READING,
    WAITING,
    PAUSED,
    CLOSED
  }

  private static final long HOT_NANOS = Duration.ofMillis(100).toNanos();

  private final Hub hub;
  private final Group group;
  private final byte[] groupBytes;
  private final byte[] consumerBytes;
  private final List<Member> members = new ArrayList<>();
  private final Set<UnderWay> underWay = new HashSet<>();
  private final Backoff hot = new Backoff(1, 16);
  private final Backoff polling = new Backoff(10, 250);
  private final Trouble trouble;
  private final Recovery recovery;
  private final Releases releases;
  private final Deliveries deliveries;
  private final StreamOffset<String>[] offsets;

  /** Written under the lock; read without it by {@link Member#request}. */
  private volatile State state = State.IDLE;

  /** Entries to be claimed wait for credit. Written under the lock. */
  private volatile boolean wantsCredit;

  private volatile long leaseMillis = 1;
  private boolean ensured;
  private int reserved;
  private long lastEntry;
  private int pauses;

  Lane(Hub hub, Group group) {
    this.hub = hub;
    this.group = group;
    this.groupBytes = Checked.text(group.ref().group());
    this.consumerBytes = Checked.text(hub.consumer().getName());
    this.offsets = newOf(List.of(this));
    this.trouble = new Trouble(this);
    this.recovery = new Recovery(this);
    this.releases = new Releases(this);
    this.deliveries = new Deliveries(this);
    this.lastEntry = hub.now() - HOT_NANOS;
  }

  // ---- what never changes, without the lock

  Hub hub() {
    return hub;
  }

  Group group() {
    return group;
  }

  String stream() {
    return group.ref().stream();
  }

  byte[] groupBytes() {
    return groupBytes;
  }

  byte[] consumerBytes() {
    return consumerBytes;
  }

  // ---- members

  List<Member> members() {
    return members;
  }

  void join(Member member) {
    members.add(member);
    long lease = member.spec().lease().toMillis();
    if (lease > leaseMillis) {
      leaseMillis = lease;
      if (ensured) {
        announceLease();
      }
    }
    trouble.tell(member);
    if (members.size() == 1) {
      recovery.start();
    }
    // The group is to exist from the opening on, so that nothing sent after it is missed.
    if (!ensured && state == State.IDLE) {
      ensure(startOf(member));
    }
  }

  /** Whether it was the last one. */
  boolean part(Member member) {
    members.remove(member);
    if (!members.isEmpty()) {
      return false;
    }
    state = State.CLOSED;
    recovery.stop();
    releases.stop();
    return true;
  }

  /** The longest of the members', those that have left included; readable without the lock. */
  long leaseMillis() {
    return leaseMillis;
  }

  /** How long a waiting call may last: a quarter of the lease, which counts from its sending. */
  long blockMillis() {
    long shortest = WaitLine.LONGEST_BLOCK.toMillis();
    for (Member member : members) {
      shortest = Math.min(shortest, member.spec().block().toMillis());
      shortest = Math.min(shortest, member.spec().lease().toMillis() / 4);
    }
    return Math.max(10, shortest);
  }

  // ---- credit

  boolean anyoneReads() {
    for (Member member : members) {
      if (member.reading()) {
        return true;
      }
    }
    return false;
  }

  /** What may be asked for now. */
  int available() {
    long sum = -reserved;
    for (Member member : members) {
      sum += member.room(deliveries.entryBytes());
    }
    return Math.clamp(sum, 0, Integer.MAX_VALUE);
  }

  private int batch() {
    int most = 1;
    for (Member member : members) {
      most = Math.max(most, member.spec().batch());
    }
    return most;
  }

  int readCount() {
    return Math.min(available(), batch());
  }

  void reserve(int count) {
    reserved += count;
  }

  void unreserve(int count) {
    reserved -= count;
  }

  /** Whether credit that comes now changes anything; without the lock. */
  boolean waitsForCredit() {
    return state == State.IDLE || wantsCredit;
  }

  boolean hasCredit() {
    for (Member member : members) {
      if (member.credit() > 0) {
        return true;
      }
    }
    return false;
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

  /** Does what can be done now. */
  void advance() {
    if (state == State.CLOSED) {
      return;
    }
    serveOlder();
    if (wantsCredit && state == State.WAITING) {
      hub.pullOut(this);
    }
    if (state != State.IDLE) {
      return;
    }
    if (!ensured && !members.isEmpty()) {
      ensure(startOf(members.get(0)));
      return;
    }
    int count = readCount();
    if (count > 0) {
      read(count);
    }
  }

  private String startOf(Member member) {
    return trouble.vanished() ? "0" : Starts.id(member.spec().start());
  }

  private void announceLease() {
    hub.after(
        () ->
            hub.checked()
                .ensure(this, "0", leaseMillis)
                .whenComplete(
                    (how, error) -> {
                      if (error != null) {
                        trouble.logged("announce the lease", error);
                      }
                    }));
  }

  private void ensure(String start) {
    become(State.ENSURING);
    UnderWay done = begin();
    hub.after(
        () ->
            hub.checked()
                .ensure(this, start, leaseMillis)
                .whenComplete((how, error) -> hub.locked(() -> ensuredDone(how, error, done))));
  }

  private void ensuredDone(
      Checked.@Nullable Ensured how, @Nullable Throwable error, UnderWay done) {
    end(done);
    if (state != State.ENSURING) {
      return;
    }
    become(State.IDLE);
    if (error != null || how == null) {
      failed(error == null ? new IllegalStateException("no reply") : error);
      return;
    }
    ensured = true;
    if (how.how() == 2 || trouble.vanished()) {
      trouble.madeAgain(new Position(how.start()));
    }
    advance();
  }

  private void read(int count) {
    become(State.READING);
    reserve(count);
    UnderWay done = begin();
    long issued = hub.now();
    long epoch = hub.connections().epoch();
    hub.after(
        () ->
            Checked.safely(
                    () ->
                        hub.connections()
                            .shared()
                            .xreadgroup(hub.consumer(), XReadArgs.Builder.count(count), offsets))
                .whenComplete(
                    (messages, error) -> {
                      List<Arrival> arrivals = Arrival.of(messages);
                      hub.locked(
                          () -> {
                            unreserve(count);
                            if (state == State.READING) {
                              become(State.IDLE);
                            }
                            readDone(count, arrivals, issued, epoch, error);
                            end(done);
                          });
                    }));
  }

  /** What no member of the group has been given yet, for each of the streams. */
  static StreamOffset<String>[] newOf(List<Lane> lanes) {
    @SuppressWarnings({"unchecked", "rawtypes"})
    StreamOffset<String>[] offsets = new StreamOffset[lanes.size()];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = StreamOffset.lastConsumed(lanes.get(i).stream());
    }
    return offsets;
  }

  private void readDone(
      int asked, List<Arrival> arrivals, long issued, long epoch, @Nullable Throwable error) {
    if (error != null) {
      failed(error);
      return;
    }
    works();
    arrived(arrivals, issued, epoch);
    if (state != State.IDLE) {
      return;
    }
    if (arrivals.size() >= asked) {
      advance();
    } else {
      rest();
    }
  }

  /** There is nothing more to read at the moment. */
  void rest() {
    serveOlder();
    if (state != State.IDLE || readCount() == 0) {
      return;
    }
    if (hub.waitAtOnce(this)) {
      return;
    }
    if (hub.now() - lastEntry < HOT_NANOS) {
      pause(hot.next());
    } else {
      hub.enqueue(this);
    }
  }

  /** Those that were here before go before new ones. */
  private void serveOlder() {
    releases.serve();
    recovery.serve();
    wantsCredit = releases.wants() || recovery.wants();
  }

  /**
   * Takes pending entries over and gives them out.
   *
   * @param entries no more than there is credit available
   */
  void claim(List<Checked.Seen> entries, Runnable after) {
    int count = entries.size();
    reserve(count);
    UnderWay done = begin();
    long issued = hub.now();
    long epoch = hub.connections().epoch();
    hub.after(
        () ->
            hub.checked()
                .claim(this, entries)
                .whenComplete(
                    (taken, error) -> {
                      if (error != null) {
                        trouble.logged("claim", error);
                      }
                      List<Arrival> arrivals = taken == null ? List.of() : Arrival.ofTaken(taken);
                      int deleted = taken == null ? 0 : taken.size() - arrivals.size();
                      hub.locked(
                          () -> {
                            unreserve(count);
                            lost(deleted);
                            arrived(arrivals, issued, epoch);
                            after.run();
                            advance();
                            end(done);
                          });
                    }));
  }

  /** No waiting connection can be had. */
  void poll() {
    pause(polling.next());
  }

  private void works() {
    trouble.over();
  }

  void pause(Duration delay) {
    become(State.PAUSED);
    int mine = ++pauses;
    hub.after(
        () ->
            hub.clock()
                .schedule(
                    delay,
                    () ->
                        hub.locked(
                            () -> {
                              if (mine == pauses) {
                                resume();
                              }
                            })));
  }

  private void resume() {
    if (state == State.PAUSED) {
      become(State.IDLE);
      advance();
    }
  }

  /** The connection is back. */
  void reconnected() {
    recovery.reconnected();
    if (trouble.any()) {
      resume();
    }
  }

  /** A read failed, or making the group did. */
  void failed(Throwable error) {
    if (state == State.CLOSED) {
      return;
    }
    String code = RedisErrors.codeOf(error);
    if (code.equals("NOGROUP") || code.equals("UNBLOCKED")) {
      ensured = false;
      if (trouble.vanish()) {
        // Never at the end, never where this process was: others' unacknowledged entries would go.
        ensure("0");
      } else {
        pause(trouble.delay());
      }
      return;
    }
    trouble.failed(code, error);
    pause(trouble.delay());
  }

  // ---- entries

  private void arrived(List<Arrival> arrivals, long issued, long epoch) {
    if (!arrivals.isEmpty()) {
      lastEntry = hub.now();
      hot.reset();
      polling.reset();
      deliveries.give(arrivals, issued, epoch);
    }
  }

  /** What a waiting call brought for this lane. */
  void waited(int asked, List<Arrival> arrivals, long issued, long epoch) {
    works();
    arrived(arrivals, issued, epoch);
    if (arrivals.size() >= asked) {
      advance();
    } else {
      waitAgain();
    }
  }

  private void waitAgain() {
    serveOlder();
    if (state == State.IDLE && readCount() > 0) {
      become(State.WAITING);
      hub.waiting().add(this);
    }
  }

  /** Entries that were deleted while they were pending: nobody can ever handle them. */
  void lost(long count) {
    if (count > 0) {
      trouble.lost(count);
    }
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
    var done = new UnderWay();
    underWay.add(done);
    return done;
  }

  void end(UnderWay done) {
    underWay.remove(done);
    hub.after(done::end);
  }

  CompletionStage<Void> quiet() {
    return CompletableFuture.allOf(
        underWay.stream().map(UnderWay::ended).toArray(CompletableFuture[]::new));
  }

  Trouble trouble() {
    return trouble;
  }
}
