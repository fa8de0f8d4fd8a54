package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.util.ArrayList;
import java.util.List;

/** Settles deliveries of a group: in one hold of the lock, but for those that move elsewhere. */
final class Settling {
  private Settling() {}

  static List<Settled> settle(MemoryGroup group, List<Settlement> settlements) {
    var results = new ArrayList<Settled>(settlements.size());
    while (results.size() < settlements.size()) {
      if (settlements.get(results.size()) instanceof Settlement.MoveTo move) {
        results.add(move(group, move));
      } else {
        settleHere(group, settlements, results);
      }
    }
    return results;
  }

  private static void settleHere(
      MemoryGroup group, List<Settlement> settlements, List<Settled> results) {
    group.stream.lock();
    try {
      for (Settlement settlement : settlements.subList(results.size(), settlements.size())) {
        if (settlement instanceof Settlement.MoveTo) {
          return;
        }
        results.add(settleOne(group, settlement));
      }
    } finally {
      group.stream.unlock();
    }
  }

  private static Settled settleOne(MemoryGroup group, Settlement settlement) {
    if (!(settlement.received().receipt() instanceof Receipt receipt) || !receipt.valid(group)) {
      return Settled.STALE;
    }
    if (settlement instanceof Settlement.Release release) {
      release.note().ifPresent(receipt.held()::note);
      group.release(receipt.held(), release.after());
    } else if (settlement instanceof Settlement.Answer answer) {
      group.acknowledge(receipt.held());
      MemoryRequests.answer(group, receipt.held().stored, answer);
    } else {
      if (settlement instanceof Settlement.Ack ack && group.audit != null) {
        group.audit.acknowledged(receipt.held(), ack.skipped());
      }
      group.acknowledge(receipt.held());
    }
    return Settled.DONE;
  }

  private static Settled move(MemoryGroup group, Settlement.MoveTo move) {
    return group.stream.store.withBoth(
        group.stream,
        move.stream(),
        target -> {
          Settled settled = settleOne(group, move);
          if (settled == Settled.DONE) {
            target.add(move.entry(), group.stream.store.nowMillis());
            target.wakeAll();
          }
          return settled;
        });
  }
}
