package dev.millrace.broker.backend.redis.internal.reader;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries of a lane that are not settled yet. A linked list through the receipts: one comes
 * and goes with each message, and is looked for only by scans. Guarded by the hub's lock.
 */
final class InFlight {
  private @Nullable Receipt first;

  void add(Receipt receipt) {
    receipt.next = first;
    if (first != null) {
      first.previous = receipt;
    }
    first = receipt;
    receipt.linked = true;
  }

  boolean remove(Receipt receipt) {
    if (!receipt.linked) {
      return false;
    }
    Receipt before = receipt.previous;
    Receipt after = receipt.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    receipt.previous = null;
    receipt.next = null;
    receipt.linked = false;
    return true;
  }

  List<Receipt> select(Predicate<Receipt> which) {
    var chosen = new ArrayList<Receipt>();
    for (Receipt r = first; r != null; r = r.next) {
      if (which.test(r)) {
        chosen.add(r);
      }
    }
    return chosen;
  }
}
