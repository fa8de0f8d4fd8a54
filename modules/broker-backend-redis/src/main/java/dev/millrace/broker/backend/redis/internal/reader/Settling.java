package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts settlements. Thread-safe. */
final class Settling {
  private static final System.Logger LOG = System.getLogger(Settling.class.getName());

  private final RedisConnections connections;
  private final Held held;
  private final Releasing releasing;

  Settling(RedisConnections connections, Held held) {
    this.connections = connections;
    this.held = held;
    this.releasing = new Releasing(held);
  }

  void start(List<Settlement> settlements, Answer call) {
    AckLine acknowledged = null;
    Map<Lane, List<Releasing.Later>> released = null;
    for (int i = 0; i < settlements.size(); i++) {
      Settlement settlement = settlements.get(i);
      Receipt receipt = begin(settlement, call, i);
      if (receipt == null) {
        call.done(i, Settled.STALE);
        continue;
      }
      switch (settlement) {
        case Settlement.Ack ack -> {
          AckLine line = receipt.lane().group().acks(receipt.deletes());
          line.add(receipt);
          if (acknowledged != null && acknowledged != line) {
            acknowledged.flush();
          }
          acknowledged = line;
        }
        case Settlement.Release release -> {
          if (released == null) {
            released = new LinkedHashMap<>();
          }
          released
              .computeIfAbsent(receipt.lane(), lane -> new ArrayList<>())
              .add(Releasing.Later.of(receipt, release));
        }
        case Settlement.MoveTo move -> move(receipt, move);
      }
    }
    if (acknowledged != null) {
      acknowledged.flush();
    }
    if (released != null) {
      released.forEach(releasing::start);
    }
  }

  /** As one that is alone: most are acknowledgements, and every message has one. */
  void start(Settlement settlement, Answer call) {
    if (!(settlement instanceof Settlement.Ack)) {
      start(List.of(settlement), call);
      return;
    }
    Receipt receipt = begin(settlement, call, 0);
    if (receipt == null) {
      call.done(0, Settled.STALE);
      return;
    }
    AckLine line = receipt.lane().group().acks(receipt.deletes());
    line.add(receipt);
    line.flush();
  }

  private static @Nullable Receipt begin(Settlement settlement, Answer call, int index) {
    if (!(settlement.received().receipt() instanceof Receipt receipt)
        || !receipt.become(Receipt.LIVE, Receipt.SETTLING)) {
      return null;
    }
    receipt.answer = call;
    receipt.index = index;
    receipt.skipped = settlement instanceof Settlement.Ack ack && ack.skipped();
    return receipt;
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
      Deliveries.refusedMove(receipt);
      return;
    }
    if (EntryWire.write(move.entry()).size() > Arrival.MOST_FIELDS) {
      LOG.log(
          System.Logger.Level.ERROR,
          "Cannot move an entry of {0} with more than {1} fields: no script can hold it",
          from,
          Arrival.MOST_FIELDS);
      Deliveries.refusedMove(receipt);
      return;
    }
    held.move(receipt, move.stream(), move.entry())
        .whenComplete(
            (moved, error) -> {
              if (error != null) {
                Settled result = AckLine.unanswered(receipt.lane(), error);
                if (result == Settled.REFUSED) {
                  Deliveries.refusedMove(receipt);
                } else {
                  Deliveries.settled(List.of(receipt), result);
                }
              } else {
                Deliveries.settled(List.of(receipt), moved ? Settled.DONE : Settled.STALE);
              }
            });
  }
}
