package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the acknowledgements of one stream and group. One XACK is under way at a time; what comes
 * meanwhile goes with the next: no timer, and a lone acknowledgement goes at once. Lines of several
 * streams meet in the pipeline.
 *
 * <p>While an audit of the group is on, a script acknowledges and counts instead. It is switched on
 * between two calls, so that the audit is told of it when no plain XACK is under way, and off by
 * the script's own answer.
 *
 * <p>A plain XACK does not ask whose the entry is, so it is only for deliveries inside their lease
 * and of the connection that read them, looked at when it is sent. All others go through a script.
 * Nothing is sent twice.
 */
final class AckLine {
  private static final System.Logger LOG = System.getLogger(AckLine.class.getName());
  private static final int MOST = 1_000;

  private final GroupRef group;
  private final RedisConnections connections;
  private final Measurements measures;
  private final Held held;
  private final boolean deleting;
  private final AtomicReference<@Nullable Receipt> gathered = new AtomicReference<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicReference<@Nullable Runnable> announcement = new AtomicReference<>();

  // Written and read by whoever made it busy.
  private boolean counting;

  private volatile boolean plain;

  AckLine(
      GroupRef group,
      RedisConnections connections,
      Held held,
      Measurements measures,
      boolean deleting) {
    this.group = group;
    this.connections = connections;
    this.measures = measures;
    this.held = held;
    this.deleting = deleting;
  }

  void add(Receipt receipt) {
    Receipt head;
    do {
      head = gathered.get();
      receipt.nextAck = head;
    } while (!gathered.compareAndSet(head, receipt));
  }

  void flush() {
    // Looked at first: most find it busy, and a failed exchange takes the line from other cores.
    while ((gathered.get() != null || announcement.get() != null)
        && !busy.get()
        && busy.compareAndSet(false, true)) {
      beginToCount();
      if (send(gathered.getAndSet(null))) {
        return;
      }
      busy.set(false);
    }
  }

  /** Counts from the next call on, and has that announced once nothing uncounted is under way. */
  void count(Runnable announced) {
    announcement.set(announced);
    flush();
  }

  /** Whether something was acknowledged that no audit can have counted. */
  boolean plain() {
    return plain;
  }

  private void beginToCount() {
    Runnable announced = announcement.getAndSet(null);
    if (announced != null) {
      counting = true;
      announced.run();
    }
  }

  /** Whether an XACK is under way now, which goes on by itself. */
  private boolean send(@Nullable Receipt chain) {
    if (chain == null) {
      return false;
    }
    long now = connections.context().clock().nanoTime();
    long epoch = connections.epoch();
    int most = counting ? Checked.BATCH : MOST;
    var inTime = new ArrayList<Receipt>();
    Map<Lane, List<Receipt>> late = null;
    Receipt next = inOrder(chain);
    while (next != null) {
      Receipt receipt = next;
      next = receipt.nextAck;
      receipt.nextAck = null;
      if (receipt.epoch == epoch && !receipt.expired(now)) {
        if (inTime.size() < most) {
          inTime.add(receipt);
        } else {
          add(receipt);
        }
      } else {
        if (late == null) {
          late = new LinkedHashMap<>();
        }
        late.computeIfAbsent(receipt.lane(), lane -> new ArrayList<>()).add(receipt);
      }
    }
    if (late != null) {
      late.forEach(this::sendChecked);
    }
    if (inTime.isEmpty()) {
      return false;
    }
    if (deleting || counting) {
      sendScript(inTime);
      return true;
    }
    if (!plain) {
      plain = true;
    }
    String[] ids = new String[inTime.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = inTime.get(i).id;
    }
    var args = new AckArgs(group, ids);
    var command =
        new AsyncCommand<>(
            new Command<>(CommandType.XACK, new IntegerOutput<>(ReadOutput.CODEC), args));
    CompletionStage<Long> answer = command;
    answer.whenComplete(
        (removed, error) -> {
          args.forget();
          // The next one first: what the results set off may take a while.
          busy.set(false);
          flush();
          finish(inTime, removed, error);
        });
    dispatch(command);
    return true;
  }

  private void dispatch(AsyncCommand<String, byte[], Long> command) {
    try {
      connections.dispatch(List.of(command));
    } catch (RuntimeException refused) {
      command.completeExceptionally(refused);
    }
  }

  /** The last one gathered is the first of the chain; the server is quicker the other way round. */
  private static Receipt inOrder(Receipt chain) {
    Receipt first = chain;
    Receipt rest = chain.nextAck;
    first.nextAck = null;
    while (rest != null) {
      Receipt earlier = rest;
      rest = earlier.nextAck;
      earlier.nextAck = first;
      first = earlier;
    }
    return first;
  }

  private void sendScript(List<Receipt> receipts) {
    held.finish(receipts.get(0).lane(), receipts, deleting)
        .whenComplete(
            (finished, error) -> {
              counting &= error != null || finished.counted();
              busy.set(false);
              flush();
              if (error != null) {
                Deliveries.settled(receipts, unanswered(receipts.get(0).lane(), error));
              } else {
                settleEach(receipts, finished.verdicts());
              }
            });
  }

  private void finish(List<Receipt> receipts, @Nullable Long removed, @Nullable Throwable error) {
    if (error != null || removed == null) {
      Deliveries.settled(receipts, unanswered(receipts.get(0).lane(), error));
      return;
    }
    long missing = receipts.size() - removed;
    if (missing > 0 && removed > 0) {
      // The reply is only a sum, and nothing can tell afterwards which were missing. None is
      // pending now; those missing were acknowledged elsewhere, or their group was made anew.
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} of {1} acknowledged entries of {2} were not pending any more",
          missing,
          receipts.size(),
          group);
      measures.count(Measure.READER_ACKS_MISSING, missing);
    }
    Deliveries.settled(receipts, removed == 0 ? Settled.STALE : Settled.DONE);
  }

  private void sendChecked(Lane lane, List<Receipt> receipts) {
    for (int from = 0; from < receipts.size(); from += Checked.BATCH) {
      var part = receipts.subList(from, Math.min(receipts.size(), from + Checked.BATCH));
      held.ack(lane, part)
          .whenComplete(
              (verdicts, error) -> {
                if (error != null) {
                  Deliveries.settled(part, unanswered(lane, error));
                } else {
                  settleEach(part, verdicts);
                }
              });
    }
  }

  private static void settleEach(List<Receipt> receipts, List<Long> verdicts) {
    var done = new ArrayList<Receipt>();
    var stale = new ArrayList<Receipt>();
    for (int i = 0; i < receipts.size(); i++) {
      (verdicts.get(i) == 1 ? done : stale).add(receipts.get(i));
    }
    Deliveries.settled(done, Settled.DONE);
    Deliveries.settled(stale, Settled.STALE);
  }

  /** What a failed command means for the settlements in it. */
  static Settled unanswered(Lane lane, @Nullable Throwable error) {
    Settled meaning = meaning(error);
    if (meaning == Settled.REFUSED && error != null) {
      lane.trouble().refused(error);
    }
    return meaning;
  }

  /** As {@link #unanswered}, and tells nobody. */
  static Settled meaning(@Nullable Throwable error) {
    if (error == null || RedisErrors.outcomeUnknown(error)) {
      return Settled.UNKNOWN;
    }
    // Without the group nothing of it is pending.
    return RedisErrors.codeOf(error).equals("NOGROUP") ? Settled.STALE : Settled.REFUSED;
  }
}
