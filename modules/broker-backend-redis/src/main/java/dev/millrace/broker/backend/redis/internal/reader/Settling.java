package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
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
  private final Seldom refusals;

  Settling(RedisConnections connections, Held held) {
    this.connections = connections;
    this.held = held;
    this.releasing = new Releasing(held);
    this.refusals = new Seldom(connections.context().clock());
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
        case Settlement.Answer answer -> answer(receipt, answer);
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
      refused(
          receipt,
          move,
          "CROSSSLOT",
          "on a cluster both have to be in one slot. Give them names with the same tag in braces; {"
              + from
              + "}:… is always in the slot of the stream");
      return;
    }
    if (EntryWire.write(move.entry()).size() > Arrival.MOST_FIELDS) {
      refused(
          receipt,
          move,
          "FIELDS",
          "an entry with more than " + Arrival.MOST_FIELDS + " fields fits into no script");
      return;
    }
    held.move(receipt, move.stream(), move.entry())
        .whenComplete(
            (moved, error) -> {
              if (error != null) {
                Settled result = AckLine.meaning(error);
                if (result == Settled.REFUSED) {
                  String why =
                      String.valueOf(
                          RedisErrors.translate("move", move.stream(), error).getMessage());
                  refused(receipt, move, RedisErrors.codeOf(error), why);
                } else {
                  Deliveries.settled(List.of(receipt), result);
                }
              } else {
                Deliveries.settled(List.of(receipt), moved ? Settled.DONE : Settled.STALE);
              }
            });
  }

  private void answer(Receipt receipt, Settlement.Answer answer) {
    receipt
        .lane()
        .answers()
        .add(new Held.Answered(receipt, answer))
        .whenComplete(
            (verdict, error) -> {
              if (verdict != null && verdict == Held.NOT_TOLD) {
                untold(receipt);
              }
              Settled how =
                  verdict == null
                      ? AckLine.meaning(error)
                      : verdict == 0 ? Settled.STALE : Settled.DONE;
              Deliveries.settled(List.of(receipt), how);
            });
  }

  /** Its callers find it when they ask, at their timeouts. */
  private void untold(Receipt receipt) {
    String from = receipt.lane().group().ref().toString();
    if (refusals.says("untold " + from)) {
      LOG.log(
          System.Logger.Level.ERROR,
          "Replies to requests of {0} are kept but cannot be published to those who wait: may this"
              + " user publish in channels that begin with '{inbox}:'?",
          from);
    }
  }

  /** It is the target's trouble and not the stream's, and each such message is tried for long. */
  private void refused(Receipt receipt, Settlement.MoveTo move, String kind, String why) {
    String from = receipt.lane().group().ref().toString();
    if (refusals.says(String.join(" ", kind, from, move.stream()))) {
      LOG.log(
          System.Logger.Level.ERROR,
          "Entries of {0} cannot be moved to {1} and stay pending: {2}",
          from,
          move.stream(),
          why);
    }
    Deliveries.refusedMove(receipt);
  }
}
