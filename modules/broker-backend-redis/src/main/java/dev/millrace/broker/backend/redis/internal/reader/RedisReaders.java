package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.InstanceNames;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.backend.redis.internal.log.ReaderFactory;
import dev.millrace.broker.backend.redis.internal.log.RedisEventBus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Opens the group readers of one backend. Thread-safe; nothing here blocks. */
public final class RedisReaders implements ReaderFactory {
  private static final System.Logger LOG = System.getLogger(RedisReaders.class.getName());

  /** How many connections may wait at once, for all groups together. */
  private static final int MOST_LINES = 4;

  /** Connections that break more often than this are tried at the pace of errors. */
  private static final long SELDOM_NANOS = Duration.ofSeconds(2).toNanos();

  private final RedisConnections connections;
  private final Checked checked;
  private final Held held;
  private final Keeper keeper;
  private final Settling settling;
  private final Renewals renewals;
  private final Bell bell;
  private final Map<HubKey, Hub> hubs = new ConcurrentHashMap<>();
  private final Map<GroupRef, Group> groups = new ConcurrentHashMap<>();
  private final Set<Member> members = ConcurrentHashMap.newKeySet();
  private final AtomicInteger lines = new AtomicInteger();
  private final AutoCloseable reconnects;
  private final AtomicLong reconnectedAt;
  private volatile boolean mayUnblock = true;
  private volatile boolean closed;

  private RedisReaders(RedisConnections connections, EventBus bus, LongSupplier clockSkew) {
    this.connections = connections;
    this.bell =
        new Bell(
            bus, connections.context().clock(), InstanceNames.unique(), this::heard, this::audited);
    this.checked = new Checked(connections);
    this.held = new Held(connections);
    this.keeper = new Keeper(connections, clockSkew);
    this.settling = new Settling(connections, held);
    this.renewals = new Renewals(connections, held);
    this.reconnectedAt =
        new AtomicLong(connections.context().clock().nanoTime() - 2 * SELDOM_NANOS);
    this.reconnects = connections.onReconnect(this::reconnected);
  }

  /** Readers over these connections and this bus, which stay the caller's to close. */
  public static RedisReaders create(RedisConnections connections, EventBus bus) {
    return new RedisReaders(connections, bus, () -> 0);
  }

  /** For tests: with a bus of its own. */
  static RedisReaders create(RedisConnections connections) {
    return create(connections, () -> 0);
  }

  /** For tests: the server's clock seems to differ by so many milliseconds. */
  static RedisReaders create(RedisConnections connections, LongSupplier clockSkew) {
    return new RedisReaders(connections, new RedisEventBus(connections), clockSkew);
  }

  private record HubKey(String group, String consumer, int slot) {}

  @Override
  public GroupReader open(GroupRef group, ReaderSpec spec, Sink sink) {
    if (closed) {
      throw new InvalidStateException(
          "open a reader", group.stream(), "the backend is closed", "Open another backend");
    }
    var member = new Member(group, spec, sink, settling);
    var key = new HubKey(group.group(), spec.consumer(), connections.slot(group.stream()));
    members.add(member);
    var joined = new boolean[1];
    while (!joined[0]) {
      Hub hub = hubs.computeIfAbsent(key, k -> new Hub(this, k.group(), k.consumer()));
      hub.locked(() -> joined[0] = hub.join(member));
      if (!joined[0]) {
        hubs.remove(key, hub);
      }
    }
    return member;
  }

  @Override
  public CompletionStage<Set<Position>> renew(
      GroupRef group, Collection<Received> held, Duration lease) {
    return renewals.renew(group, held, lease);
  }

  @Override
  public CompletionStage<Boolean> note(GroupRef group, Received held, String note) {
    return renewals.note(group, held, note);
  }

  @Override
  public void returned(GroupRef ref) {
    heard(ref);
    bell.ring(ref);
  }

  @Override
  public void auditBegins(GroupRef ref) {
    audited(ref);
    bell.audit(ref);
  }

  /** Without holding any hub's lock: an audit of the group may have begun. */
  void audited(GroupRef ref) {
    Group group = groups.get(ref);
    if (group != null) {
      group.count();
    }
  }

  /** Something of the group was handed back or given back, here or elsewhere. */
  private void heard(GroupRef ref) {
    Group group = groups.get(ref);
    Group retry = groups.get(new GroupRef(Keys.retry(ref.stream(), ref.group()), ref.group()));
    if (group != null) {
      group.handedBack();
      group.returned();
    }
    if (retry != null) {
      retry.handedBack();
    }
  }

  Bell bell() {
    return bell;
  }

  @Override
  public CompletionStage<Void> close() {
    closed = true;
    try {
      reconnects.close();
    } catch (Exception cannot) {
      LOG.log(System.Logger.Level.WARNING, "The reconnect listener could not be removed", cannot);
    }
    var leaving = new ArrayList<CompletableFuture<Void>>();
    members.forEach(member -> leaving.add(member.leave().toCompletableFuture()));
    return CompletableFuture.allOf(leaving.toArray(CompletableFuture[]::new));
  }

  RedisConnections connections() {
    return connections;
  }

  Checked checked() {
    return checked;
  }

  Held held() {
    return held;
  }

  Keeper keeper() {
    return keeper;
  }

  /** A new lane, which shares its group with the others of this process. */
  <L extends Lane> L newLane(GroupRef ref, Function<Group, L> maker) {
    var made = new ArrayList<L>(1);
    groups.compute(
        ref,
        (key, known) -> {
          Group group = known == null ? new Group(key, connections, held) : known;
          L lane = maker.apply(group);
          if (known == null && lane instanceof MainLane) {
            bell.listen(key);
          }
          made.add(lane);
          group.joined(lane);
          return group;
        });
    return made.get(0);
  }

  private CompletionStage<Void> left(Lane lane) {
    groups.computeIfPresent(
        lane.group().ref(),
        (ref, group) -> {
          group.left(lane);
          if (!group.isEmpty()) {
            return group;
          }
          bell.leave(ref);
          group.close();
          return null;
        });
    return checked.leave(lane).handle((removed, error) -> null);
  }

  /** Takes a member out whose deliveries have all been settled or handed back. */
  CompletionStage<Void> left(Member member) {
    members.remove(member);
    MainLane lane = member.lane();
    var last = new boolean[1];
    lane.hub()
        .locked(
            () -> {
              last[0] = lane.part(member);
              if (last[0]) {
                lane.hub().remove(lane);
              }
            });
    if (!last[0]) {
      return CompletableFuture.completedStage(null);
    }
    Lane retry = lane.parking().lane();
    CompletionStage<Void> gone = left(lane);
    return retry == null ? gone : gone.thenCombine(left(retry), (one, other) -> null);
  }

  void forget(Hub hub) {
    hubs.values().removeIf(other -> other == hub);
  }

  boolean takeLine() {
    if (lines.incrementAndGet() <= MOST_LINES) {
      return true;
    }
    lines.decrementAndGet();
    return false;
  }

  void returnLine() {
    lines.decrementAndGet();
  }

  boolean mayUnblock() {
    return mayUnblock;
  }

  void unblockRefused() {
    if (mayUnblock) {
      mayUnblock = false;
      LOG.log(
          System.Logger.Level.WARNING,
          "CLIENT UNBLOCK is not permitted on {0}: waiting reads return every 250 ms",
          connections.name());
    }
  }

  private void reconnected() {
    long now = connections.context().clock().nanoTime();
    long before = reconnectedAt.getAndSet(now);
    // A server that breaks what it has just accepted would be asked as fast as it can do that.
    boolean atOnce = now - before > SELDOM_NANOS;
    List.copyOf(hubs.values()).forEach(hub -> hub.locked(() -> hub.reconnected(atOnce)));
  }
}
