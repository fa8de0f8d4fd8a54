package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Looks for pending entries whose lease has run out, whoever had them, and takes them over: those
 * of dead processes, those handed back, and those whose read reply never arrived here. Portions of
 * a hundred by cursor; only while there is credit. Guarded by the hub's lock.
 */
final class Recovery {
  private static final int PORTION = 100;
  private static final Duration SHORTEST = Duration.ofMillis(200);
  private static final Duration LONGEST = Duration.ofSeconds(15);

  private final Lane lane;
  private final Deque<Checked.Seen> found = new ArrayDeque<>();
  private @Nullable String cursor;
  private boolean due;
  private boolean listing;
  private boolean claiming;
  private boolean stopped;
  private long quietUntil;
  private Map<String, Long> leases = Map.of();
  private long shortestLease;

  Recovery(Lane lane) {
    this.lane = lane;
    this.quietUntil = lane.hub().now();
    this.shortestLease = Long.MAX_VALUE;
  }

  /** The first look comes with the first credit: something may have been handed back. */
  void start() {
    due = true;
    schedule(SHORTEST);
  }

  void stop() {
    stopped = true;
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

  /**
   * Nobody could renew while the server was away, so nothing is taken from anybody for one lease.
   */
  void reconnected() {
    quietUntil = lane.hub().now() + Duration.ofMillis(lane.leaseMillis()).toNanos();
    found.clear();
  }

  private void schedule(Duration base) {
    lane.hub().after(() -> lane.hub().timer(Backoff.jittered(base), this::tick));
  }

  private void tick() {
    if (stopped) {
      return;
    }
    due = true;
    lane.advance();
    Duration half = Duration.ofMillis(Math.min(lane.leaseMillis(), shortestLease) / 2);
    schedule(
        half.compareTo(SHORTEST) < 0 ? SHORTEST : half.compareTo(LONGEST) > 0 ? LONGEST : half);
  }

  /** Does what can be done now. */
  void serve() {
    if (stopped || claiming || listing) {
      return;
    }
    if (!found.isEmpty()) {
      claim();
    } else if ((due || cursor != null) && lane.hasCredit() && lane.hub().now() - quietUntil >= 0) {
      list();
    }
  }

  private void list() {
    listing = true;
    if (cursor == null) {
      due = false;
    }
    UnderWay done = lane.begin();
    String after = cursor;
    Map<String, Long> known = leases;
    CompletionStage<Map<String, Long>> current =
        after == null
            ? lane.hub().checked().leasesOf(lane)
            : CompletableFuture.completedStage(known);
    lane.hub()
        .after(
            () ->
                current
                    .thenCompose(leasesNow -> pending(after, leasesNow))
                    .whenComplete(
                        (page, error) -> {
                          if (error != null && !expected(error)) {
                            lane.trouble().logged("scan", error);
                          }
                          Page seen = page == null ? new Page(known, List.of()) : page;
                          Set<String> held = held(seen.rows());
                          lane.hub()
                              .locked(
                                  () -> {
                                    listed(seen, held);
                                    lane.end(done);
                                  });
                        }));
  }

  private record Page(Map<String, Long> leases, List<PendingMessage> rows) {}

  private CompletionStage<Page> pending(@Nullable String after, Map<String, Long> leasesNow) {
    var args =
        new XPendingArgs<String>()
            .group(lane.group().ref().group())
            .idle(Math.min(lane.leaseMillis(), shortest(leasesNow)))
            .range(after == null ? Range.unbounded() : from(after))
            .limit(Limit.from(PORTION));
    return Checked.safely(() -> lane.hub().connections().shared().xpending(lane.stream(), args))
        .thenApply(rows -> new Page(leasesNow, rows));
  }

  private static long shortest(Map<String, Long> leases) {
    long shortest = Long.MAX_VALUE;
    for (long lease : leases.values()) {
      shortest = Math.min(shortest, lease);
    }
    return shortest;
  }

  // A read finds out about these too, and tells.
  private static boolean expected(Throwable error) {
    return RedisErrors.transientError(error) || RedisErrors.codeOf(error).equals("NOGROUP");
  }

  private static Range<String> from(String after) {
    return Range.from(Range.Boundary.excluding(after), Range.Boundary.unbounded());
  }

  private Set<String> held(List<PendingMessage> rows) {
    if (rows.isEmpty()) {
      return Set.of();
    }
    var ids = new HashSet<String>();
    rows.forEach(row -> ids.add(row.getId()));
    return lane.group().held(ids);
  }

  private void listed(Page page, Set<String> held) {
    listing = false;
    leases = page.leases();
    shortestLease = shortest(leases);
    List<PendingMessage> rows = page.rows();
    cursor = rows.size() < PORTION ? null : rows.get(rows.size() - 1).getId();
    for (PendingMessage row : rows) {
      // A consumer of another program has announced nothing: it gets as long as we do.
      long lease = leases.getOrDefault(row.getConsumer(), lane.leaseMillis());
      if (row.getMsSinceLastDelivery() >= lease && !held.contains(row.getId())) {
        found.add(
            new Checked.Seen(
                row.getId(),
                row.getConsumer(),
                row.getRedeliveryCount(),
                lease,
                !row.getConsumer().equals(Keys.NOBODY)));
      }
    }
    lane.advance();
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
