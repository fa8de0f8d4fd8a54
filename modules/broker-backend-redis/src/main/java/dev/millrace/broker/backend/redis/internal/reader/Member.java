package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One open reader: its credit, its sink, and its way in and out. */
final class Member implements GroupReader {
  private static final System.Logger LOG = System.getLogger(Member.class.getName());

  /** What may be with the application at once, in bytes, whatever the credit. */
  private static final long MOST_BYTES = 8L << 20;

  /** Beside these, what may wait there because the stream it is to be moved to refuses it. */
  private static final long MOST_SPARED_BYTES = 32L << 20;

  private final GroupRef group;
  private final ReaderSpec spec;
  private final Mailbox mailbox;
  private final Settling settling;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final AtomicInteger credit = new AtomicInteger();

  /** Guarded by the hub's lock. */
  private long heldBytes;

  /** Guarded by the hub's lock. */
  private long sparedBytes;

  // Two counts, for they are mostly written on different cores: calls begun and calls ended.
  private final LongAdder begunCalls = new LongAdder();
  private final LongAdder endedCalls = new LongAdder();

  /** Set once, when the member is taken in. */
  private @Nullable MainLane lane;

  // Written under the hub's lock. A batch of an earlier generation is not delivered any more.
  private volatile boolean reading = true;
  private final AtomicInteger generation = new AtomicInteger();
  private @Nullable CompletableFuture<Void> stopped;
  private @Nullable CompletableFuture<Void> left;
  private volatile @Nullable CompletableFuture<Void> settledAll;

  Member(GroupRef group, ReaderSpec spec, Sink sink, Settling settling) {
    this.group = group;
    this.spec = spec;
    this.mailbox = new Mailbox(sink);
    this.settling = settling;
  }

  GroupRef group() {
    return group;
  }

  ReaderSpec spec() {
    return spec;
  }

  void joined(MainLane taken) {
    lane = taken;
  }

  MainLane lane() {
    return Objects.requireNonNull(lane, "a member has a lane from its opening on");
  }

  // ---- its group

  @Override
  public CompletionStage<Void> ready() {
    return ready.minimalCompletionStage();
  }

  /** Under the hub's lock: the group is there. */
  void groupIsThere() {
    if (!ready.isDone()) {
      lane().hub().after(() -> ready.complete(null));
    }
  }

  private InvalidStateException leftFirst() {
    return new InvalidStateException(
        "join the group",
        group.stream(),
        "the reader left before its group '" + group.group() + "' was there",
        "Open another reader");
  }

  // ---- credit

  @Override
  public void request(int more) {
    if (more < 1) {
      throw new IllegalArgumentException("credit is " + more + "; it goes from 1");
    }
    if (!reading) {
      return;
    }
    credit.accumulateAndGet(more, (a, b) -> (int) Math.min(Integer.MAX_VALUE, (long) a + b));
    MainLane mine = lane();
    if (mine.waitsForCredit()) {
      mine.hub().locked(mine::advance);
    }
  }

  boolean reading() {
    return reading;
  }

  int credit() {
    return reading ? credit.get() : 0;
  }

  /** Under the hub's lock: the credit, in entries, that both counts allow. */
  int room(long entryBytes) {
    long left = MOST_BYTES - heldBytes;
    return left <= 0 ? 0 : (int) Math.min(credit(), Math.max(1, left / entryBytes));
  }

  /** Under the hub's lock: it is with the application no longer. */
  void freed(Receipt receipt) {
    if (receipt.spared) {
      receipt.spared = false;
      sparedBytes -= receipt.bytes;
    } else {
      heldBytes -= receipt.bytes;
    }
  }

  /** Under the hub's lock: what waits for a refused move leaves its room to others, up to a sum. */
  void spare(Receipt receipt) {
    if (!receipt.spared && sparedBytes + receipt.bytes <= MOST_SPARED_BYTES) {
      receipt.spared = true;
      sparedBytes += receipt.bytes;
      heldBytes -= receipt.bytes;
    }
  }

  // ---- deliveries

  /** Under the hub's lock; {@link #deliver} follows without it. */
  void take(List<Received> batch, long bytes) {
    credit.addAndGet(-batch.size());
    heldBytes += bytes;
    int mine = generation.get();
    mailbox.put(sink -> hand(sink, batch, mine));
  }

  void deliver() {
    mailbox.drain();
  }

  private void hand(Sink sink, List<Received> batch, int of) {
    Hub hub = lane().hub();
    // A batch is of one lane.
    Receipt first = (Receipt) batch.get(0).receipt();
    if (of != generation.get()) {
      hub.locked(() -> first.lane().deliveries().handBack(receipts(batch), false));
      return;
    }
    if (first.expired(hub.now())) {
      // This process stood still for longer than the lease: somebody else may have them by now.
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} entries of {1} came too late for their lease and are left to the next scan",
          batch.size(),
          group);
      hub.locked(
          () -> {
            first.lane().deliveries().forget(receipts(batch));
            if (of == generation.get()) {
              credit.addAndGet(batch.size());
            }
            lane().advance();
          });
      return;
    }
    sink.deliver(batch);
  }

  private static List<Receipt> receipts(List<Received> batch) {
    var receipts = new ArrayList<Receipt>(batch.size());
    batch.forEach(received -> receipts.add((Receipt) received.receipt()));
    return receipts;
  }

  void tellFailed(BrokerException error) {
    mailbox.put(sink -> sink.failed(error));
    lane().hub().after(mailbox::drain);
    lane().hub().after(() -> ready.completeExceptionally(error));
  }

  void tellRecovered() {
    tellReading(Sink::recovered);
  }

  void tellRecreated(Position from) {
    tellReading(sink -> sink.recreated(from));
  }

  private void tellReading(Mailbox.Event event) {
    mailbox.put(
        sink -> {
          if (reading) {
            event.tell(sink);
          }
        });
    lane().hub().after(mailbox::drain);
  }

  // ---- settlements

  @Override
  public CompletionStage<List<Settled>> settle(List<Settlement> settlements) {
    if (settlements.isEmpty()) {
      return CompletableFuture.completedStage(List.of());
    }
    begunCalls.increment();
    var call = new SettleCall(this, settlements.size());
    settling.start(settlements, call);
    return call.stage();
  }

  @Override
  public void settle(Settlement settlement, Consumer<Settled> told) {
    begunCalls.increment();
    settling.start(settlement, new SettleOne(this, told));
  }

  void settleCallEnded() {
    // Counted first: whoever begins to wait after this look finds nothing open.
    endedCalls.increment();
    CompletableFuture<Void> waiting = settledAll;
    if (waiting != null && noneOpen()) {
      waiting.complete(null);
    }
  }

  /** The ended ones are summed first: between the two sums, then, was a moment without any. */
  private boolean noneOpen() {
    long ended = endedCalls.sum();
    return ended == begunCalls.sum();
  }

  private CompletableFuture<Void> settledAll() {
    var all = new CompletableFuture<Void>();
    settledAll = all;
    if (noneOpen()) {
      all.complete(null);
    }
    return all;
  }

  // ---- stopping and leaving

  @Override
  public CompletionStage<Void> stopReading() {
    MainLane mine = lane();
    var result = new CompletableFuture<Void>();
    mine.hub()
        .locked(
            () -> {
              CompletableFuture<Void> before = stopped;
              if (before != null) {
                mine.hub().after(() -> relay(before, result));
                return;
              }
              stopped = result;
              reading = false;
              generation.incrementAndGet();
              credit.set(0);
              mine.handBackReleasedOf(this);
              if (mine.state() == Lane.State.WAITING) {
                mine.hub().pullOut(mine);
                mine.advance();
              }
              CompletionStage<Void> quiet = mine.allQuiet();
              mine.hub().after(() -> quiet.whenComplete((v, e) -> stopDelivering(result)));
            });
    return result;
  }

  /** What was on its way has arrived: behind it in the mailbox nothing can come. */
  private void stopDelivering(CompletableFuture<Void> result) {
    mailbox.put(sink -> relay(quiet(), result));
    mailbox.drain();
  }

  private CompletableFuture<Void> quiet() {
    var result = new CompletableFuture<Void>();
    lane()
        .hub()
        .locked(
            () -> {
              CompletionStage<Void> quiet = lane().allQuiet();
              lane().hub().after(() -> relay(quiet, result));
            });
    return result;
  }

  private static void relay(CompletionStage<Void> from, CompletableFuture<Void> to) {
    from.whenComplete((nothing, error) -> to.complete(null));
  }

  @Override
  public void resumeReading() {
    lane()
        .hub()
        .locked(
            () -> {
              if (left == null && !reading) {
                credit.set(0);
                stopped = null;
                reading = true;
              }
            });
  }

  @Override
  public CompletionStage<Void> leave() {
    MainLane mine = lane();
    var result = new CompletableFuture<Void>();
    mine.hub()
        .locked(
            () -> {
              CompletableFuture<Void> before = left;
              if (before != null) {
                mine.hub().after(() -> relay(before, result));
                return;
              }
              left = result;
              mine.hub().after(() -> ready.completeExceptionally(leftFirst()));
              mine.hub().after(() -> leaveNow(result));
            });
    return result;
  }

  private void leaveNow(CompletableFuture<Void> result) {
    stopReading()
        .thenCompose(stoppedNow -> settledAll())
        .thenCompose(
            settledNow -> {
              MainLane mine = lane();
              mine.hub().locked(() -> mine.handBackAllOf(this));
              return quiet();
            })
        .thenCompose(handedBack -> lane().hub().readers().left(this))
        .whenComplete((gone, error) -> result.complete(null));
  }

  @Override
  public void close() {
    leave();
  }
}
