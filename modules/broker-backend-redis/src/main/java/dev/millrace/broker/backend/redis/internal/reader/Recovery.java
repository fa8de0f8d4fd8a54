package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.XPendingArgs;
import io.lettuce.core.models.stream.PendingMessage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Looks for pending entries whose lease has run out, whoever had them, and takes them over: those
 * of dead processes, those handed back, and those whose read reply never arrived here. Portions of
 * a hundred by cursor; only while there is credit, and only when the server's clock has just been
 * looked at. Guarded by the hub's lock.
 */
final class Recovery {
  private static final System.Logger LOG = System.getLogger(Recovery.class.getName());
  private static final int PORTION = 100;

  /** So many portions follow each other at once; then the server has a moment for others. */
  private static final int BURST = 100;

  private static final Duration BETWEEN_BURSTS = Duration.ofMillis(50);

  /** What was found longer ago may have been renewed since, or the clock may have been set. */
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private final Lane lane;
  private final ClockGuard guard = new ClockGuard();
  private final Standstill standstill = new Standstill();
  private final Turns turns;
  private final Deque<Checked.Seen> found = new ArrayDeque<>();
  private @Nullable String cursor;

  /** Behind which entry the portion began that was found last; null: the first. */
  private @Nullable String portion;

  private int portions;
  private boolean paused;
  private boolean due;
  private boolean listing;
  private boolean claiming;
  private boolean stopped;
  private long foundAt;
  private int watched;

  Recovery(Lane lane) {
    this.lane = lane;
    this.turns = new Turns(lane, guard, this::stepped, () -> due |= cursor == null);
  }

  /** The first look comes with the first credit: something may have been handed back. */
  void start() {
    due = true;
    turns.start();
  }

  void stop() {
    stopped = true;
    turns.stop();
    found.clear();
  }

  /** Whether entries are waiting for credit. */
  boolean wants() {
    return !claiming && !found.isEmpty();
  }

  /** Something was handed back: does not wait for the next turn. */
  void now() {
    due = true;
    lane.advance();
  }

  /** Nobody could renew while the server was away. */
  void reconnected() {
    guard.reconnected(lane.hub().now(), lane.leaseMillis());
    forget();
    due = true;
  }

  private void stepped(ClockGuard.Step step) {
    LOG.log(
        System.Logger.Level.WARNING,
        "The clock of {0} was set {1}; leases of {2} go on by the local clock",
        lane.hub().connections().name(),
        step == ClockGuard.Step.FORWARD ? "forward" : "back",
        lane.group().ref());
    forget();
  }

  private void forget() {
    found.clear();
    cursor = null;
    standstill.clear();
  }

  /** Does what can be done now. */
  void serve() {
    if (stopped || claiming || listing || paused) {
      return;
    }
    turns.serve();
    long now = lane.hub().now();
    if (!found.isEmpty() && now - foundAt > FRESH_NANOS) {
      found.clear();
      cursor = portion;
      due |= cursor == null;
    }
    if (!found.isEmpty()) {
      claim();
    } else if ((due || cursor != null) && lane.hasCredit()) {
      if (guard.age(now) > FRESH_NANOS) {
        turns.ask();
      } else {
        list(guard.hidesAge(now));
      }
    }
  }

  private void list(boolean watching) {
    listing = true;
    portion = cursor;
    if (cursor == null) {
      // What is handed back behind the cursor asks for another scan after this one.
      due = false;
      watched = 0;
      portions = 0;
      standstill.begin();
    }
    UnderWay done = lane.begin(this::givenUp);
    String after = cursor;
    long shortest = shortestLease();
    lane.hub()
        .after(
            () ->
                pending(after)
                    .whenComplete(
                        (page, error) -> {
                          if (error != null && !Turns.expected(error)) {
                            lane.trouble().logged("scan", error);
                          }
                          List<PendingMessage> rows = page == null ? List.of() : page;
                          Set<String> held = held(rows, watching ? 0 : shortest);
                          lane.hub()
                              .locked(
                                  () -> {
                                    if (lane.awaits(done)) {
                                      listed(rows, held, watching);
                                    }
                                    lane.end(done);
                                  });
                        }));
  }

  private void givenUp() {
    listing = false;
    due = true;
  }

  // Without IDLE: looking for idle ones among a million that are not would block the server.
  private CompletionStage<List<PendingMessage>> pending(@Nullable String after) {
    var args =
        new XPendingArgs<String>()
            .group(lane.group().ref().group())
            .range(after == null ? Range.unbounded() : from(after))
            .limit(Limit.from(PORTION));
    return Checked.safely(() -> lane.hub().connections().shared().xpending(lane.stream(), args));
  }

  private long shortestLease() {
    long shortest = lane.leaseMillis();
    for (long lease : turns.leases().values()) {
      shortest = Math.min(shortest, lease);
    }
    return shortest;
  }

  private static Range<String> from(String after) {
    return Range.from(Range.Boundary.excluding(after), Range.Boundary.unbounded());
  }

  private Set<String> held(List<PendingMessage> rows, long leastIdle) {
    var ids = new HashSet<String>();
    for (PendingMessage row : rows) {
      if (row.getMsSinceLastDelivery() >= leastIdle) {
        ids.add(row.getId());
      }
    }
    return ids.isEmpty() ? Set.of() : lane.group().held(ids);
  }

  private void listed(List<PendingMessage> rows, Set<String> held, boolean watching) {
    listing = false;
    cursor = rows.size() < PORTION ? null : rows.get(rows.size() - 1).getId();
    watched += watching ? rows.size() : 0;
    if (watched >= Standstill.MOST) {
      cursor = null;
    }
    long now = lane.hub().now();
    foundAt = now;
    for (PendingMessage row : rows) {
      if (held.contains(row.getId())) {
        continue;
      }
      // A consumer of another program has announced nothing: it gets as long as we do.
      long lease = turns.leases().getOrDefault(row.getConsumer(), lane.leaseMillis());
      long least = guard.leastIdle(lease, now);
      if (row.getMsSinceLastDelivery() >= least) {
        found.add(seen(row, least));
      } else if (watching && standstill.expired(row, lease, now)) {
        found.add(seen(row, 0));
      }
    }
    if (cursor != null && found.isEmpty() && ++portions % BURST == 0) {
      pause();
    }
    lane.advance();
  }

  private void pause() {
    paused = true;
    lane.hub()
        .after(
            () ->
                lane.hub()
                    .timer(
                        BETWEEN_BURSTS,
                        () -> {
                          paused = false;
                          lane.advance();
                        }));
  }

  private static Checked.Seen seen(PendingMessage row, long leastIdle) {
    return new Checked.Seen(
        row.getId(),
        row.getConsumer(),
        row.getRedeliveryCount(),
        leastIdle,
        !row.getConsumer().equals(Keys.NOBODY));
  }

  private void claim() {
    int count = Math.min(Math.min(lane.available(), found.size()), Checked.BATCH);
    if (count == 0) {
      return;
    }
    var entries = new ArrayList<Checked.Seen>(count);
    for (int i = 0; i < count; i++) {
      entries.add(found.remove());
    }
    claiming = true;
    lane.claim(entries, () -> claiming = false);
  }
}
