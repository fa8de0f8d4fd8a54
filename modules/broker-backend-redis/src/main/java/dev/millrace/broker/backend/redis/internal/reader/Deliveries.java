package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What a lane has given to its members and not seen settled. Guarded by the hub's lock. */
final class Deliveries {
  private final Lane lane;
  private final InFlight inFlight = new InFlight();
  private final EntrySize entrySize = new EntrySize();
  private int turn;

  Deliveries(Lane lane) {
    this.lane = lane;
  }

  /** How large an entry is, roughly. */
  long entryBytes() {
    return entrySize.average();
  }

  List<Receipt> select(Predicate<Receipt> which) {
    return inFlight.select(which);
  }

  /** Gives entries out in turn, as far as there is credit, and hands the rest back. */
  void give(List<Arrival> arrivals, long issued, long epoch) {
    int at = 0;
    for (int tried = 0; tried < lane.members().size() && at < arrivals.size(); tried++) {
      Member member = lane.members().get(turn++ % lane.members().size());
      int take = Math.min(member.credit(), arrivals.size() - at);
      if (take > 0) {
        giveTo(member, arrivals.subList(at, at + take), issued, epoch);
        at += take;
      }
    }
    turn %= Math.max(1, lane.members().size());
    if (at < arrivals.size() && !lane.members().isEmpty()) {
      Member any = lane.members().get(0);
      var surplus = new ArrayList<Receipt>();
      for (Arrival arrival : arrivals.subList(at, arrivals.size())) {
        surplus.add(new Receipt(any, arrival.id(), arrival.count(), epoch, 0, issued));
      }
      handBack(surplus, false);
    }
  }

  private void giveTo(Member member, List<Arrival> arrivals, long issued, long epoch) {
    long deadline = issued + member.spec().lease().toNanos();
    var batch = new ArrayList<Received>(arrivals.size());
    long bytes = 0;
    for (Arrival arrival : arrivals) {
      var receipt =
          new Receipt(member, arrival.id(), arrival.count(), epoch, arrival.bytes(), deadline);
      inFlight.add(receipt);
      bytes += arrival.bytes();
      entrySize.saw(arrival.bytes());
      batch.add(arrival.received(receipt));
    }
    member.take(batch, bytes);
    lane.hub().after(member::deliver);
  }

  /** Makes others able to take what is pending under our name; nothing of it is ours any more. */
  void handBack(List<Receipt> receipts, boolean delivered) {
    forget(receipts);
    for (int from = 0; from < receipts.size(); from += Checked.BATCH) {
      var part = receipts.subList(from, Math.min(receipts.size(), from + Checked.BATCH));
      UnderWay done = lane.begin();
      lane.hub()
          .after(
              () ->
                  lane.hub()
                      .checked()
                      .handBack(lane, part, delivered)
                      .whenComplete(
                          (verdicts, error) -> {
                            if (error != null) {
                              lane.trouble().logged("hand back", error);
                            } else {
                              lane.lost(verdicts.stream().filter(verdict -> verdict < 0).count());
                            }
                            lane.hub().locked(() -> lane.end(done));
                            lane.group().handedBack();
                          }));
    }
  }

  /** They are with the application no longer; whatever becomes of them on the server. */
  void forget(List<Receipt> receipts) {
    for (Receipt receipt : receipts) {
      receipt.gone();
      if (inFlight.remove(receipt)) {
        receipt.member.freed(receipt.bytes);
      }
    }
  }

  /** Without the lock: the outcome of settlements of one stream and group. */
  static void settled(List<Receipt> receipts, Settled result) {
    if (result == Settled.REFUSED) {
      receipts.forEach(receipt -> receipt.become(Receipt.SETTLING, Receipt.LIVE));
    } else {
      int from = 0;
      while (from < receipts.size()) {
        Lane lane = receipts.get(from).lane();
        int to = from + 1;
        while (to < receipts.size() && receipts.get(to).lane() == lane) {
          to++;
        }
        lane.deliveries().forgetSettled(receipts.subList(from, to));
        from = to;
      }
    }
    receipts.forEach(receipt -> receipt.tell(result));
  }

  private void forgetSettled(List<Receipt> receipts) {
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
      receipt.member.freed(receipt.bytes);
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
   * half a lease of grace: a process that was paused renews late, and must not run it twice.
   */
  void held(Set<String> ids, Set<String> held) {
    lane.hub()
        .locked(
            () -> {
              long now = lane.hub().now();
              long grace = Duration.ofMillis(lane.leaseMillis() / 2).toNanos();
              for (Receipt receipt : inFlight.select(r -> ids.contains(r.id))) {
                if (receipt.state() != Receipt.LIVE || now - receipt.deadline < grace) {
                  held.add(receipt.id);
                }
              }
              lane.releases().held(ids, held);
            });
  }
}
