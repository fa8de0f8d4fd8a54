package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trims one stream at its interval, a slice at a time, each begun when the one before has been
 * answered, so that the backend is never busy for long. What may go is the backend's to check;
 * nothing unread or unacknowledged does.
 */
public final class StreamCleaner extends ComponentBase {
  private static final Logger LOG = LoggerFactory.getLogger(StreamCleaner.class);
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(1);

  private final StreamConfig stream;
  private final Trimming trimming;
  private final RandomGenerator random;
  private final LongAdder visits = new LongAdder();
  private final LongAdder removed = new LongAdder();
  private volatile BrokerClock.@Nullable Cancellable timer;

  /** Which start is in force: what an earlier one still has under way ends without a successor. */
  private final AtomicInteger run = new AtomicInteger();

  private volatile @Nullable String pinnedBy;

  /**
   * A cleaner; new and not started.
   *
   * @param onClosed run once when it is closed
   */
  public StreamCleaner(
      String name,
      StreamConfig stream,
      Trimming trimming,
      BrokerClock clock,
      RandomGenerator random,
      Runnable onClosed) {
    super(name, "cleaner", stream.name(), CLOSE_DEADLINE, clock, onClosed);
    this.stream = stream;
    this.trimming = trimming;
    this.random = random;
  }

  @Override
  protected void doStart() {
    schedule(run.incrementAndGet());
  }

  @Override
  protected DrainReport doStop(Duration deadline) {
    run.incrementAndGet();
    BrokerClock.Cancellable pending = timer;
    if (pending != null) {
      pending.cancel();
    }
    return DrainReport.nothing();
  }

  @Override
  protected Map<String, Long> counts() {
    var counts = new LinkedHashMap<String, Long>();
    counts.put("visits", visits.sum());
    counts.put("removed", removed.sum());
    return counts;
  }

  /** Up to a tenth earlier or later, so that many processes do not come at once. */
  private void schedule(int mine) {
    if (run.get() == mine) {
      double spread = 0.9 + 0.2 * random.nextDouble();
      var delay = Duration.ofNanos((long) (stream.cleanupInterval().toNanos() * spread));
      timer = clock.schedule(delay, () -> visit(mine));
    }
  }

  private void visit(int mine) {
    visits.increment();
    slice(mine);
  }

  private void slice(int mine) {
    if (run.get() != mine) {
      return;
    }
    ask()
        .whenComplete(
            (report, error) -> {
              if (error != null) {
                recordError(error);
                LOG.warn("{}: could not trim, trying again later: {}", name(), error.getMessage());
                schedule(mine);
              } else {
                trimmed(report, mine);
              }
            });
  }

  /** An error at once is an answer like any other: thrown on, it would end the timer for good. */
  private CompletionStage<Trimming.Report> ask() {
    try {
      return trimming.trim(stream.name(), Retention.limits(stream), false);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void trimmed(Trimming.Report report, int mine) {
    removed.add(report.removed());
    if (report.more() && report.removed() > 0 && run.get() == mine) {
      // Through the clock and not at once: a long run of slices must not grow the stack.
      timer = clock.schedule(Duration.ZERO, () -> slice(mine));
      return;
    }
    String pin = report.pinnedBy().orElse(null);
    if (pin != null && !pin.equals(pinnedBy)) {
      LOG.info(
          "{}: {} entries stay, held by unread or unacknowledged messages of group '{}'",
          name(),
          report.length(),
          pin);
    }
    pinnedBy = pin;
    schedule(mine);
  }
}
