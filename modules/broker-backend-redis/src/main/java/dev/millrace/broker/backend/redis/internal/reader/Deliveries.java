package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/** What a lane has given to its members and not seen settled. Guarded by the hub's lock. */
final class Deliveries {
  private final Lane lane;
  private final InFlight inFlight = new InFlight();
  private int turn;

  Deliveries(Lane lane) {
    this.lane = lane;
  }

  List<Receipt> select(Predicate<Receipt> which) {
    return inFlight.select(which);
  }

  /** Gives entries out in turn, as far as there is credit, and hands the rest back. */
  void give(List<Arrival> arrivals, Arrival.Origin origin) {
    int at = 0;
    for (int tried = 0; tried < lane.members().size() && at < arrivals.size(); tried++) {
      Member member = lane.members().get(turn++ % lane.members().size());
      int take = Math.min(member.credit(), arrivals.size() - at);
      if (take > 0) {
        giveTo(member, arrivals.subList(at, at + take), origin);
        at += take;
      }
    }
    turn %= Math.max(1, lane.members().size());
    handBack(arrivals.subList(at, arrivals.size()), origin, false);
  }

  /**
   * Hands entries back that nobody here has seen, because their epoch is not known. They count as
   * delivered: they may have been delivered again meanwhile, and then that is what is handed back.
   */
  void reject(List<Arrival> arrivals, Arrival.Origin origin) {
    handBack(arrivals, origin, true);
  }

  private void handBack(List<Arrival> arrivals, Arrival.Origin origin, boolean delivered) {
    Member any = lane.crew().anyone();
    if (arrivals.isEmpty() || any == null) {
      return;
    }
    var unseen = new ArrayList<Receipt>(arrivals.size());
    for (Arrival arrival : arrivals) {
      unseen.add(new Receipt(any, lane, arrival, origin.epoch(), origin.issued()));
    }
    handBack(unseen, delivered);
  }

  private void giveTo(Member member, List<Arrival> arrivals, Arrival.Origin origin) {
    long deadline = origin.issued() + member.spec().lease().toNanos();
    var batch = new ArrayList<Received>(arrivals.size());
    OptionalLong first = OptionalLong.of(Fence.token(origin.fence(), 1));
    long bytes = 0;
    for (Arrival arrival : arrivals) {
      var receipt = new Receipt(member, lane, arrival, origin.epoch(), deadline);
      inFlight.add(receipt);
      bytes += arrival.bytes();
      lane.crew().entrySize().saw(arrival.bytes());
      batch.add(arrival.received(receipt, origin.fence(), first));
    }
    member.take(batch, bytes);
    lane.hub().after(member::deliver);
  }

  /**
   * Makes others able to take what is pending under our name; nothing of it is ours any more. What
   * is to wait longer is parked for the rest of its time.
   */
  void handBack(List<Receipt> receipts, boolean delivered) {
    forget(receipts);
    long now = lane.hub().now();
    var atOnce = new ArrayList<Receipt>(receipts.size());
    var later = new ArrayList<Held.Parked>();
    for (Receipt receipt : receipts) {
      long left = receipt.delayed ? TimeUnit.NANOSECONDS.toMillis(receipt.due - now) : 0;
      if (left > 0 && !receipt.large) {
        later.add(new Held.Parked(receipt, left, Optional.empty()));
      } else {
        atOnce.add(receipt);
      }
    }
    inParts("hand back", atOnce, part -> lane.hub().held().handBack(lane, part, delivered));
    inParts("park", later, part -> lane.hub().held().park(lane, part));
    for (Held.Parked each : later) {
      lane.parking().expect(Duration.ofMillis(each.waitMillis()));
    }
  }

  private <T> void inParts(
      String what, List<T> all, Function<List<T>, CompletionStage<List<Long>>> call) {
    for (int from = 0; from < all.size(); from += Checked.BATCH) {
      var part = all.subList(from, Math.min(all.size(), from + Checked.BATCH));
      UnderWay done = lane.begin();
      lane.hub()
          .after(
              () ->
                  call.apply(part)
                      .whenComplete(
                          (verdicts, error) -> {
                            if (error != null) {
                              lane.trouble().logged(what, error);
                            } else {
                              lane.lost(verdicts.stream().filter(verdict -> verdict < 0).count());
                            }
                            lane.hub().locked(() -> lane.end(done));
                            lane.group().handedBack();
                            lane.hub().readers().bell().ring(lane.parking().of());
                          }));
    }
  }

  /** They are with the application no longer; whatever becomes of them on the server. */
  void forget(List<Receipt> receipts) {
    for (Receipt receipt : receipts) {
      receipt.gone();
      if (inFlight.remove(receipt)) {
        receipt.member.freed(receipt);
      }
    }
  }

  /**
   * Without the lock: the outcome of settlements of one stream and group. What was refused or had
   * no answer is live again, so that it can be repeated, and then only with a check.
   */
  static void settled(List<Receipt> receipts, Settled result) {
    if (result == Settled.REFUSED || result == Settled.UNKNOWN) {
      receipts.forEach(Receipt::undecided);
    } else {
      int from = 0;
      while (from < receipts.size()) {
        Deliveries all = receipts.get(from).lane().deliveries();
        int to = from + 1;
        while (to < receipts.size() && receipts.get(to).lane().deliveries() == all) {
          to++;
        }
        all.forgetSettled(receipts.subList(from, to));
        from = to;
      }
    }
    receipts.forEach(receipt -> receipt.tell(result));
  }

  /** Without the lock: it could not be moved where it is to go, and stays here until it can. */
  static void refusedMove(Receipt receipt) {
    Lane lane = receipt.lane();
    lane.hub()
        .locked(
            () -> {
              if (receipt.linked) {
                receipt.member.spare(receipt);
              }
              if (lane.state() == Lane.State.IDLE) {
                lane.advance();
              }
            });
    settled(List.of(receipt), Settled.REFUSED);
  }

  private void forgetSettled(List<Receipt> receipts) {
    lane.trouble().accepted();
    lane.hub()
        .locked(
            () -> {
              forget(receipts);
              if (lane.state() == Lane.State.IDLE) {
                lane.advance();
              }
            });
  }

  /**
   * Keeps a renewed delivery until it is due. Whether it could: not where its reader has stopped.
   */
  boolean keep(Receipt receipt, long due) {
    if (inFlight.remove(receipt)) {
      receipt.member.freed(receipt);
    }
    if (!receipt.member.reading()) {
      receipt.due = due;
      receipt.delayed = true;
      return false;
    }
    lane.releases().add(receipt, due);
    return true;
  }

  /**
   * Adds those of the ids that this lane still has in hand. A delivery whose lease has passed keeps
   * half a lease of grace: a process that was paused renews late, and must not run it twice. After
   * that it is forgotten: it must not take up room for ever.
   */
  void held(Set<String> ids, Set<String> held) {
    lane.hub()
        .locked(
            () -> {
              long now = lane.hub().now();
              long grace = Duration.ofMillis(lane.leaseMillis() / 2).toNanos();
              var late = new ArrayList<Receipt>();
              for (Receipt receipt : inFlight.select(r -> ids.contains(r.id))) {
                if (receipt.state() != Receipt.LIVE || now - receipt.deadline < grace) {
                  held.add(receipt.id);
                } else {
                  late.add(receipt);
                }
              }
              forget(late);
              lane.releases().held(ids, held);
            });
  }
}
