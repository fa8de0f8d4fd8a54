package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import io.lettuce.core.Consumer;
import io.lettuce.core.protocol.AsyncCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lanes of one group and consumer name, and the connections on which they wait together. See
 * the package.
 */
final class Hub {
  private static final System.Logger LOG = System.getLogger(Hub.class.getName());

  private final RedisReaders readers;
  private final Consumer<String> consumer;

  /** Guards this hub with all its lines, lanes and members; nothing is called under it. */
  private final ReentrantLock lock = new ReentrantLock();

  private List<Runnable> actions = new ArrayList<>();
  private final Map<String, MainLane> lanes = new HashMap<>();
  private final Set<MainLane> waiting = new LinkedHashSet<>();
  private final List<WaitLine> lines = new ArrayList<>();
  private boolean closed;

  Hub(RedisReaders readers, String group, String consumer) {
    this.readers = readers;
    this.consumer = Consumer.from(group, consumer);
  }

  // ---- what never changes, without the lock

  RedisReaders readers() {
    return readers;
  }

  RedisConnections connections() {
    return readers.connections();
  }

  Checked checked() {
    return readers.checked();
  }

  Held held() {
    return readers.held();
  }

  Consumer<String> consumer() {
    return consumer;
  }

  BrokerClock clock() {
    return connections().context().clock();
  }

  long now() {
    return clock().nanoTime();
  }

  /** Without the lock: sends these with one flush. Each says for itself what became of it. */
  void dispatch(List<? extends AsyncCommand<String, byte[], ?>> commands) {
    try {
      connections().dispatch(commands);
    } catch (RuntimeException refused) {
      commands.forEach(command -> command.completeExceptionally(refused));
    }
  }

  /** Runs the body under the lock, then, without it, what the body has queued. */
  void locked(Runnable body) {
    List<Runnable> todo;
    lock.lock();
    try {
      body.run();
      if (lock.getHoldCount() > 1 || actions.isEmpty()) {
        return;
      }
      todo = actions;
      actions = new ArrayList<>();
    } finally {
      lock.unlock();
    }
    for (Runnable action : todo) {
      try {
        action.run();
      } catch (RuntimeException broken) {
        // The others must not be lost with it.
        LOG.log(System.Logger.Level.ERROR, "An error inside the Redis readers", broken);
      }
    }
  }

  void timer(Duration delay, Runnable body) {
    clock().schedule(delay, () -> locked(body));
  }

  // ---- under the lock

  /** Has this done after the unlock. */
  void after(Runnable action) {
    actions.add(action);
  }

  /** Whether it is taken in; a closed hub takes nobody. */
  boolean join(Member member) {
    if (closed) {
      return false;
    }
    MainLane lane = lanes.get(member.group().stream());
    if (lane == null) {
      MainLane fresh = readers.newLane(member.group(), group -> MainLane.of(this, group));
      lanes.put(member.group().stream(), fresh);
      lane = fresh;
    } else {
      lane.startOver();
    }
    member.joined(lane);
    lane.join(member);
    lane.advance();
    return true;
  }

  /** The last member of a lane has gone. */
  void remove(Lane lane) {
    lanes.remove(lane.stream(), lane);
    waiting.remove(lane);
    if (lanes.isEmpty()) {
      closed = true;
      lines.forEach(WaitLine::close);
      lines.clear();
      after(() -> readers.forget(this));
    }
  }

  Set<MainLane> waiting() {
    return waiting;
  }

  /** Whether a connection is free for this lane now. */
  boolean waitAtOnce(MainLane lane) {
    for (WaitLine line : lines) {
      if (line.free()) {
        enter(lane);
        line.call();
        return true;
      }
    }
    if (lines.isEmpty()) {
      openLine();
    }
    return false;
  }

  void enqueue(MainLane lane) {
    enter(lane);
    arrange();
  }

  private void enter(MainLane lane) {
    lane.become(Lane.State.WAITING);
    waiting.add(lane);
  }

  /** Sees to it that those in the queue wait somewhere. */
  void arrange() {
    boolean coming = false;
    for (WaitLine line : lines) {
      if (!waiting.isEmpty() && line.free()) {
        line.call();
      }
    }
    if (waiting.isEmpty()) {
      return;
    }
    for (WaitLine line : lines) {
      coming |= line.takesMoreSoon();
    }
    if (coming || openLine()) {
      return;
    }
    var left = List.copyOf(waiting);
    waiting.clear();
    left.forEach(MainLane::poll);
  }

  private boolean openLine() {
    if (closed || lines.stream().anyMatch(WaitLine::broken) || !readers.takeLine()) {
      return false;
    }
    var line = new WaitLine(this);
    lines.add(line);
    line.open();
    return true;
  }

  /** Whatever this lane waits for in the queue, it waits no longer. */
  void startOver(MainLane lane) {
    if (waiting.remove(lane)) {
      lane.become(Lane.State.IDLE);
      lines.forEach(WaitLine::giveUpOpening);
    }
  }

  /** Brings a lane out of its wait; it goes on when it is out. */
  void pullOut(MainLane lane) {
    if (waiting.remove(lane)) {
      lane.become(Lane.State.IDLE);
      return;
    }
    lines.forEach(line -> line.interruptFor(lane));
  }

  /** A key by which a cluster's node is found. */
  String anyKey() {
    return lanes.keySet().iterator().next();
  }

  /**
   * The connection is back.
   *
   * @param atOnce whether what waits for its next try does it now
   */
  void reconnected(boolean atOnce) {
    if (atOnce) {
      lines.forEach(WaitLine::reconnected);
    }
    List.copyOf(lanes.values()).forEach(lane -> lane.reconnected(atOnce));
  }
}
