package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Waiter;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One connection on which lanes wait together. See the package. Guarded by the hub's lock. */
final class WaitLine {
  static final Duration LONGEST_BLOCK = Duration.ofSeconds(5);

  private static final int MOST_LANES = 64;
  private static final long WITHOUT_UNBLOCK_MILLIS = 250;

  private enum State {
    OPENING,
    FREE,
    CALLING,
    BROKEN,
    CLOSED
  }

  private final Hub hub;
  private final Backoff backoff = new Backoff(100, 5_000);
  private State state = State.OPENING;
  private @Nullable Waiter waiter;
  private List<Lane> inside = List.of();
  private boolean interrupting;
  private int calls;
  private int openings;
  private boolean failedBefore;

  WaitLine(Hub hub) {
    this.hub = hub;
  }

  boolean free() {
    return state == State.FREE;
  }

  boolean broken() {
    return state == State.BROKEN;
  }

  void open() {
    state = State.OPENING;
    int mine = ++openings;
    String key = hub.anyKey();
    hub.after(
        () ->
            Checked.safely(() -> hub.connections().openWaiter(key, LONGEST_BLOCK))
                .thenCompose(this::probed)
                .whenComplete((opened, error) -> hub.locked(() -> opened(mine, opened, error))));
  }

  /** Finds out whether waits can be cut short before the first long one begins. */
  private CompletionStage<Waiter> probed(Waiter opened) {
    return opened
        .unblock()
        .handle(
            (wasBlocked, error) -> {
              refusedBy(error);
              return opened;
            });
  }

  private boolean refusedBy(@Nullable Throwable error) {
    boolean refused = error != null && RedisErrors.codeOf(error).equals("NOPERM");
    if (refused) {
      hub.readers().unblockRefused();
    }
    return refused;
  }

  private void opened(int which, @Nullable Waiter opened, @Nullable Throwable error) {
    if (state != State.OPENING || which != openings) {
      if (opened != null) {
        hub.after(opened::close);
      }
      return;
    }
    if (error != null || opened == null) {
      breakDown();
    } else {
      waiter = opened;
      state = State.FREE;
    }
    hub.arrange();
  }

  private void breakDown() {
    state = State.BROKEN;
    Waiter old = waiter;
    waiter = null;
    if (old != null) {
      hub.after(old::close);
    }
    int mine = openings;
    Duration delay = backoff.next();
    hub.after(
        () ->
            hub.timer(
                delay,
                () -> {
                  if (state == State.BROKEN && mine == openings) {
                    open();
                  }
                }));
  }

  /** The shared connection is back: so may this one be. */
  void reconnected() {
    if (state == State.BROKEN) {
      open();
    }
  }

  void close() {
    state = State.CLOSED;
    Waiter old = waiter;
    waiter = null;
    hub.after(
        () -> {
          if (old != null) {
            old.close();
          }
          hub.readers().returnLine();
        });
  }

  /** Takes those that wait into a call. */
  void call() {
    Waiter on = waiter;
    if (state != State.FREE || on == null) {
      return;
    }
    var lanes = new ArrayList<Lane>();
    long block = LONGEST_BLOCK.toMillis();
    var queue = hub.waiting().iterator();
    while (queue.hasNext() && lanes.size() < MOST_LANES) {
      Lane lane = queue.next();
      queue.remove();
      if (lane.readCount() == 0) {
        lane.become(Lane.State.IDLE);
      } else {
        lanes.add(lane);
        block = Math.min(block, lane.blockMillis());
      }
    }
    if (lanes.isEmpty()) {
      return;
    }
    if (!hub.readers().mayUnblock() || on.clientId().isEmpty()) {
      block = Math.min(block, WITHOUT_UNBLOCK_MILLIS);
    }
    send(on, lanes, block);
  }

  private void send(Waiter on, List<Lane> lanes, long block) {
    // Of many streams each may bring one: the server gives a new entry to one who waits.
    int count = lanes.size() == 1 ? lanes.get(0).readCount() : 1;
    state = State.CALLING;
    interrupting = false;
    inside = lanes;
    int mine = ++calls;
    var dones = new ArrayList<UnderWay>(lanes.size());
    for (Lane lane : lanes) {
      lane.reserve(count);
      dones.add(lane.begin());
    }
    var offsets = Lane.newOf(lanes);
    long issued = hub.now();
    long epoch = hub.connections().epoch();
    var args = XReadArgs.Builder.block(block).count(count);
    hub.after(
        () ->
            Checked.safely(() -> on.commands().xreadgroup(hub.consumer(), args, offsets))
                .whenComplete(
                    (messages, error) -> {
                      var arrivals = byStream(messages);
                      hub.locked(
                          () -> {
                            inside = List.of();
                            if (state == State.CALLING && mine == calls) {
                              state = State.FREE;
                            }
                            returned(lanes, count, arrivals, issued, epoch, error);
                            for (int i = 0; i < lanes.size(); i++) {
                              lanes.get(i).end(dones.get(i));
                            }
                          });
                    }));
  }

  private static Map<String, List<Arrival>> byStream(
      @Nullable List<StreamMessage<String, byte[]>> messages) {
    if (messages == null || messages.isEmpty()) {
      return Map.of();
    }
    var byStream = new HashMap<String, List<Arrival>>();
    for (var message : messages) {
      byStream
          .computeIfAbsent(message.getStream(), name -> new ArrayList<>())
          .add(Arrival.of(message.getId(), 1, message.getBody()));
    }
    return byStream;
  }

  private void returned(
      List<Lane> lanes,
      int count,
      Map<String, List<Arrival>> arrivals,
      long issued,
      long epoch,
      @Nullable Throwable error) {
    for (Lane lane : lanes) {
      lane.unreserve(count);
      lane.become(Lane.State.IDLE);
    }
    if (error != null) {
      failed(lanes, error);
      return;
    }
    failedBefore = false;
    backoff.reset();
    for (Lane lane : lanes) {
      lane.waited(count, arrivals.getOrDefault(lane.stream(), List.of()), issued, epoch);
    }
    hub.arrange();
  }

  private void failed(List<Lane> lanes, Throwable error) {
    if (state == State.CLOSED) {
      return;
    }
    // What works alone and fails together must not go round and round.
    if (RedisErrors.transientError(error) || failedBefore) {
      breakDown();
    }
    failedBefore = true;
    if (lanes.size() == 1 && !RedisErrors.transientError(error)) {
      lanes.get(0).failed(error);
    } else {
      lanes.forEach(Lane::advance);
    }
    hub.arrange();
  }

  /** Whether somebody who waits in the queue will be taken along without another connection. */
  boolean takesMoreSoon() {
    if (state == State.OPENING) {
      return true;
    }
    if (state == State.CALLING && inside.size() < MOST_LANES) {
      interrupt();
      return true;
    }
    return false;
  }

  void interruptFor(Lane lane) {
    if (state == State.CALLING && inside.contains(lane)) {
      interrupt();
    }
  }

  private void interrupt() {
    Waiter on = waiter;
    if (interrupting || on == null || !hub.readers().mayUnblock()) {
      return;
    }
    interrupting = true;
    int mine = calls;
    hub.after(() -> unblock(on, mine));
  }

  private void unblock(Waiter on, int call) {
    Checked.safely(on::unblock)
        .whenComplete(
            (wasBlocked, error) ->
                hub.locked(
                    () -> {
                      if (state != State.CALLING || call != calls) {
                        return;
                      }
                      if (refusedBy(error)) {
                        return;
                      }
                      // One that came before the call did is lost.
                      boolean early = error == null && Boolean.FALSE.equals(wasBlocked);
                      Duration again = Duration.ofMillis(early ? 2 : 50);
                      hub.after(() -> hub.clock().schedule(again, () -> unblockIfStill(on, call)));
                    }));
  }

  private void unblockIfStill(Waiter on, int call) {
    hub.locked(
        () -> {
          if (state == State.CALLING && call == calls) {
            hub.after(() -> unblock(on, call));
          }
        });
  }
}
