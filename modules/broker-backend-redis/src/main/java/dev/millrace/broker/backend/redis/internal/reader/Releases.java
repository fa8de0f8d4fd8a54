package dev.millrace.broker.backend.redis.internal.reader;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Deliveries released for later. They stay pending under our name and are renewed, so that nobody
 * else takes them, until they are due; then whichever member of the lane has credit gets them, with
 * a delivery count one higher. One that is due and finds no credit is handed back. Guarded by the
 * hub's lock.
 */
final class Releases {
  private final Lane lane;
  private final PriorityQueue<Receipt> waiting =
      new PriorityQueue<>((a, b) -> Long.compare(a.due - b.due, 0));
  private final Deque<Receipt> ready = new ArrayDeque<>();
  private boolean claiming;
  private boolean stopped;
  private boolean timed;
  private long timerAt;
  private long renewAt;

  Releases(Lane lane) {
    this.lane = lane;
  }

  void stop() {
    stopped = true;
    waiting.clear();
    ready.clear();
  }

  boolean wants() {
    return !claiming && !ready.isEmpty();
  }

  /** Takes over a delivery that has just been renewed. */
  void add(Receipt receipt, long due) {
    if (!receipt.become(Receipt.SETTLING, Receipt.RELEASED)) {
      return;
    }
    if (waiting.isEmpty() && ready.isEmpty()) {
      renewAt = lane.hub().now() + thirdOfLease();
    }
    receipt.due = due;
    receipt.delayed = true;
    waiting.add(receipt);
  }

  /** Those of a member that reads no more go to others. */
  void handBackOf(Member member) {
    var leaving = new ArrayList<Receipt>();
    waiting.removeIf(receipt -> receipt.member == member && leaving.add(receipt));
    ready.removeIf(receipt -> receipt.member == member && leaving.add(receipt));
    lane.deliveries().handBack(leaving, true);
  }

  void held(Set<String> ids, Set<String> held) {
    waiting.forEach(receipt -> addIf(ids, held, receipt));
    ready.forEach(receipt -> addIf(ids, held, receipt));
  }

  private static void addIf(Set<String> ids, Set<String> held, Receipt receipt) {
    if (ids.contains(receipt.id)) {
      held.add(receipt.id);
    }
  }

  void serve() {
    if (stopped || (waiting.isEmpty() && ready.isEmpty())) {
      return;
    }
    long now = lane.hub().now();
    for (Receipt next = waiting.peek();
        next != null && next.due - now <= 0;
        next = waiting.peek()) {
      ready.add(waiting.remove());
    }
    claim();
    if (!claiming && !ready.isEmpty()) {
      // No credit here: whoever has some is to have them, and that may be another process.
      var homeless = new ArrayList<>(ready);
      ready.clear();
      lane.deliveries().handBack(homeless, true);
    }
    if (now - renewAt >= 0) {
      renewAt = now + thirdOfLease();
      renew(new ArrayList<>(waiting));
    }
    wakeUp(now);
  }

  private void claim() {
    int count = Math.min(Math.min(lane.available(), ready.size()), Checked.BATCH);
    if (claiming || count == 0) {
      return;
    }
    var entries = new ArrayList<Checked.Seen>(count);
    for (int i = 0; i < count; i++) {
      Receipt receipt = ready.remove();
      receipt.gone();
      entries.add(
          new Checked.Seen(receipt.id, lane.hub().consumer().getName(), receipt.count, 0, false));
    }
    claiming = true;
    lane.claim(entries, () -> claiming = false);
  }

  private void renew(List<Receipt> receipts) {
    for (int from = 0; from < receipts.size(); from += Checked.BATCH) {
      var part = receipts.subList(from, Math.min(receipts.size(), from + Checked.BATCH));
      lane.hub()
          .after(
              () ->
                  lane.hub()
                      .held()
                      .renew(lane, part)
                      .whenComplete(
                          (verdicts, error) -> {
                            if (error != null) {
                              lane.trouble().logged("renew", error);
                            } else {
                              lane.hub().locked(() -> renewed(part, verdicts));
                            }
                          }));
    }
  }

  private void renewed(List<Receipt> receipts, List<Long> verdicts) {
    for (int i = 0; i < receipts.size(); i++) {
      if (verdicts.get(i) != 1) {
        waiting.remove(receipts.get(i));
        lane.lost(verdicts.get(i) < 0 ? 1 : 0);
      }
    }
  }

  private void wakeUp(long now) {
    Receipt first = waiting.peek();
    if (first == null && ready.isEmpty()) {
      return;
    }
    long at = first == null || first.due - renewAt > 0 ? renewAt : first.due;
    if (timed && timerAt - at <= 0 && timerAt - now > 0) {
      return;
    }
    timed = true;
    timerAt = at;
    lane.hub()
        .after(() -> lane.hub().timer(Duration.ofNanos(Math.max(0, at - now)), lane::advance));
  }

  private long thirdOfLease() {
    return Duration.ofMillis(lane.leaseMillis() / 3).toNanos();
  }
}
