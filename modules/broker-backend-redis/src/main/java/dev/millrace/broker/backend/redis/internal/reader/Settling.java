package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts settlements. Thread-safe. */
final class Settling {
  private static final System.Logger LOG = System.getLogger(Settling.class.getName());

  private final RedisConnections connections;
  private final Checked checked;

  Settling(RedisConnections connections, Checked checked) {
    this.connections = connections;
    this.checked = checked;
  }

  private record Later(Receipt receipt, Duration after) {}

  void start(List<Settlement> settlements, SettleCall call) {
    Group acknowledged = null;
    Map<Lane, List<Later>> released = null;
    for (int i = 0; i < settlements.size(); i++) {
      Settlement settlement = settlements.get(i);
      Receipt receipt = begin(settlement, call, i);
      if (receipt == null) {
        call.done(i, Settled.STALE);
        continue;
      }
      switch (settlement) {
        case Settlement.Ack ack -> {
          Group group = receipt.lane().group();
          group.acks().add(receipt);
          if (acknowledged != null && acknowledged != group) {
            acknowledged.acks().flush();
          }
          acknowledged = group;
        }
        case Settlement.Release release -> {
          if (released == null) {
            released = new LinkedHashMap<>();
          }
          released
              .computeIfAbsent(receipt.lane(), lane -> new ArrayList<>())
              .add(new Later(receipt, release.after()));
        }
        case Settlement.MoveTo move -> move(receipt, move);
      }
    }
    if (acknowledged != null) {
      acknowledged.acks().flush();
    }
    if (released != null) {
      released.forEach(this::release);
    }
  }

  private static @Nullable Receipt begin(Settlement settlement, SettleCall call, int index) {
    if (!(settlement.received().receipt() instanceof Receipt receipt)
        || !receipt.become(Receipt.LIVE, Receipt.SETTLING)) {
      return null;
    }
    receipt.call = call;
    receipt.index = index;
    return receipt;
  }

  /**
   * Checks and renews them, or hands them back where the reader has stopped. Parking long delays in
   * a stream of their own would begin here.
   */
  private void release(Lane lane, List<Later> releases) {
    for (int from = 0; from < releases.size(); from += Checked.BATCH) {
      var part = releases.subList(from, Math.min(releases.size(), from + Checked.BATCH));
      var receipts = part.stream().map(Later::receipt).toList();
      long now = connections.context().clock().nanoTime();
      checked
          .renew(lane, receipts)
          .whenComplete(
              (verdicts, error) -> {
                if (error != null) {
                  Deliveries.settled(receipts, AckLine.unanswered(error));
                } else {
                  released(lane, part, verdicts, now);
                }
              });
    }
  }

  private static void released(Lane lane, List<Later> releases, List<Long> verdicts, long now) {
    var stale = new ArrayList<Receipt>();
    var kept = new ArrayList<Receipt>();
    lane.hub()
        .locked(
            () -> {
              var homeless = new ArrayList<Receipt>();
              for (int i = 0; i < releases.size(); i++) {
                Receipt receipt = releases.get(i).receipt();
                if (verdicts.get(i) != 1) {
                  lane.lost(verdicts.get(i) < 0 ? 1 : 0);
                  stale.add(receipt);
                } else {
                  kept.add(receipt);
                  if (!lane.deliveries().keep(receipt, now + releases.get(i).after().toNanos())) {
                    homeless.add(receipt);
                  }
                }
              }
              lane.deliveries().handBack(homeless, true);
              lane.advance();
            });
    Deliveries.settled(stale, Settled.STALE);
    kept.forEach(receipt -> receipt.tell(Settled.DONE));
  }

  private void move(Receipt receipt, Settlement.MoveTo move) {
    String from = receipt.lane().stream();
    if (connections.cluster() && connections.slot(from) != connections.slot(move.stream())) {
      LOG.log(
          System.Logger.Level.ERROR,
          "Cannot move from {0} to {1}: on a cluster both have to be in one slot. Give them names"
              + " with the same tag in braces; {2}:… is always in the slot of {0}",
          from,
          move.stream(),
          "{" + from + "}");
      Deliveries.settled(List.of(receipt), Settled.REFUSED);
      return;
    }
    checked
        .move(receipt, move.stream(), move.entry())
        .whenComplete(
            (moved, error) -> {
              if (error != null) {
                Settled result = AckLine.unanswered(error);
                if (result == Settled.REFUSED) {
                  receipt.lane().trouble().logged("move", error);
                }
                Deliveries.settled(List.of(receipt), result);
              } else {
                Deliveries.settled(List.of(receipt), moved ? Settled.DONE : Settled.STALE);
              }
            });
  }
}
