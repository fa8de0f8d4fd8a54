package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Waiter;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One connection on which lanes wait together. See the package. Guarded by the hub's lock. */
final class WaitLine {
  static final Duration LONGEST_BLOCK = Duration.ofSeconds(5);

  private static final Duration LONGEST_OPENING = Duration.ofSeconds(20);
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
  private List<WaitSeat> inside = List.of();
  private boolean interrupting;
  private int calls;
  private int openings;
  private long openedAt;
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
    openedAt = hub.now();
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

  /** It takes longer than a connection may. */
  void giveUpOpening() {
    if (state == State.OPENING && hub.now() - openedAt > LONGEST_OPENING.toNanos()) {
      breakDown();
    }
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
    var lanes = new ArrayList<MainLane>();
    long block = LONGEST_BLOCK.toMillis();
    var queue = hub.waiting().iterator();
    while (queue.hasNext() && lanes.size() < MOST_LANES) {
      MainLane lane = queue.next();
      queue.remove();
      if (lane.crew().readCount() == 0) {
        lane.become(Lane.State.IDLE);
      } else {
        lanes.add(lane);
        block = Math.min(block, lane.crew().blockMillis());
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

  private void send(Waiter on, List<MainLane> lanes, long block) {
    state = State.CALLING;
    interrupting = false;
    int mine = ++calls;
    var seats = new ArrayList<WaitSeat>(lanes.size());
    for (MainLane lane : lanes) {
      UnderWay done = lane.begin(Duration.ofMillis(block), () -> giveUp(mine));
      seats.add(WaitSeat.take(lane, lanes.size() == 1, done));
    }
    inside = seats;
    var args =
        GroupRead.waiting(hub.consumer(), seats.get(0).count(), block, WaitSeat.streams(seats));
    hub.after(
        () ->
            Checked.safely(() -> wait(on, args, seats))
                .whenComplete(
                    (brought, error) ->
                        hub.locked(
                            () -> {
                              if (mine == calls) {
                                inside = List.of();
                                if (state == State.CALLING) {
                                  state = State.FREE;
                                }
                                returned(seats, brought, error);
                              } else if (brought != null) {
                                late(seats, brought);
                              }
                              seats.forEach(seat -> seat.lane().end(seat.done()));
                            })));
  }

  /** A call has had no answer for longer than it may take: those inside go on without it. */
  private void giveUp(int call) {
    if (state != State.CALLING || call != calls) {
      return;
    }
    calls++;
    List<WaitSeat> left = inside;
    inside = List.of();
    breakDown();
    for (WaitSeat seat : left) {
      seat.leave();
      seat.lane().end(seat.done());
    }
    left.forEach(WaitSeat::readAlone);
  }

  private static void late(List<WaitSeat> seats, Brought brought) {
    for (int i = 0; i < seats.size(); i++) {
      seats.get(i).late(brought.arrivals(), brought.fences().get(i));
    }
  }

  /** What a call brought, and the epochs of the seats' groups behind it. */
  private record Brought(Map<String, List<Arrival>> arrivals, List<Long> fences) {}

  private CompletionStage<Brought> wait(
      Waiter on, CommandArgs<String, byte[]> args, List<WaitSeat> seats) {
    CompletionStage<Map<String, List<Arrival>>> arrivals =
        Checked.safely(
            () -> on.commands().dispatch(CommandType.XREADGROUP, new ReadOutput(), args));
    if (seats.size() > 1) {
      return arrivals.thenCompose(
          brought -> fences(seats, brought).thenApply(fences -> new Brought(brought, fences)));
    }
    // One lane: the question waits behind the call, and costs no time of its own.
    return arrivals.thenCombine(
        fence(seats.get(0), on.commands()), (brought, now) -> new Brought(brought, List.of(now)));
  }

  private CompletionStage<List<Long>> fences(
      List<WaitSeat> seats, Map<String, List<Arrival>> arrivals) {
    CompletionStage<List<Long>> all = CompletableFuture.completedStage(List.of());
    for (WaitSeat seat : seats) {
      var one =
          seat.brought(arrivals)
              ? fence(seat, hub.connections().shared())
              : CompletableFuture.completedStage(seat.origin().fence());
      all =
          all.thenCombine(
              one,
              (before, now) -> {
                var longer = new ArrayList<>(before);
                longer.add(now);
                return longer;
              });
    }
    return all;
  }

  private static CompletionStage<Long> fence(
      WaitSeat seat, RedisClusterAsyncCommands<String, byte[]> on) {
    return seat.lane().fence().ask(on).exceptionally(unknown -> Fence.NONE);
  }

  private void returned(
      List<WaitSeat> seats, @Nullable Brought brought, @Nullable Throwable error) {
    seats.forEach(WaitSeat::leave);
    if (error != null || brought == null) {
      failed(seats, error == null ? new IllegalStateException("no reply") : error);
      return;
    }
    failedBefore = false;
    backoff.reset();
    for (int i = 0; i < seats.size(); i++) {
      seats.get(i).give(brought.arrivals(), brought.fences().get(i));
    }
    hub.arrange();
  }

  private void failed(List<WaitSeat> seats, Throwable error) {
    if (state == State.CLOSED) {
      return;
    }
    // What works alone and fails together must not go round and round.
    if (RedisErrors.transientError(error) || failedBefore) {
      breakDown();
    }
    failedBefore = true;
    WaitSeat first = seats.get(0);
    if (seats.size() == 1 && first.retry() == null && !RedisErrors.transientError(error)) {
      first.lane().failed(error);
    } else {
      seats.forEach(WaitSeat::readAlone);
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
    if (state == State.CALLING && inside.stream().anyMatch(seat -> seat.lane() == lane)) {
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
