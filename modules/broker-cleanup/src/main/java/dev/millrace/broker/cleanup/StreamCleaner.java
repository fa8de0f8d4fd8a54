package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.Measure;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trims one stream at its interval, a slice at a time, each begun when the one before has been
 * answered, so that the backend is never busy for long. Of all processes' cleaners of a stream one
 * works, and another takes over when that one stops or dies. What may go is the backend's to check;
 * nothing unread or unacknowledged does.
 */
public final class StreamCleaner extends ComponentBase {
  private static final Logger LOG = LoggerFactory.getLogger(StreamCleaner.class);
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(1);

  private final Cleaning cleaning;
  private final Tally tally;
  private final SteadyTime time;
  private volatile StreamConfig config;
  private volatile @Nullable Visits visits;

  /**
   * A cleaner; new and not started.
   *
   * @param onClosed run once when it is closed
   */
  public StreamCleaner(String name, StreamConfig stream, Cleaning cleaning, Runnable onClosed) {
    super(
        name,
        "cleaner",
        stream.name(),
        CLOSE_DEADLINE,
        cleaning.clock,
        cleaning.telemetry.of(name, Measure.Part.CLEANER),
        onClosed);
    this.config = stream;
    this.cleaning = cleaning;
    this.tally = new Tally(measures);
    measures.read(Measure.CLEANER_LEADER, () -> leads() ? 1 : 0);
    this.time = new SteadyTime(name, cleaning.clock);
  }

  /** Goes by another configuration of the same stream, from the next visit on. */
  public void configure(StreamConfig stream) {
    config = stream;
  }

  /** Brings the next visit forward; does nothing unless it runs, or another process's works. */
  public void visitSoon() {
    Visits now = visits;
    if (now != null) {
      now.soon();
    }
  }

  @Override
  protected void doStart() {
    var begun = new Visits(name(), () -> config, cleaning, tally, time, this::recordError);
    begun.begin();
    visits = begun;
  }

  /** Waits for the lease to be back, so that another process may take it at once. */
  @Override
  protected DrainReport doStop(Duration deadline) {
    Visits ending = visits;
    visits = null;
    if (ending != null) {
      await(ending.end(), deadline);
    }
    return DrainReport.nothing();
  }

  private void await(CompletionStage<Void> back, Duration deadline) {
    Duration atMost = deadline.compareTo(CLOSE_DEADLINE) < 0 ? deadline : CLOSE_DEADLINE;
    try {
      back.toCompletableFuture().get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException lost) {
      LOG.debug("{}: its lease may stay until it runs out", name(), lost);
    }
  }

  @Override
  protected Map<String, Long> counts() {
    return tally.counts(leads());
  }

  private boolean leads() {
    Visits now = visits;
    return now != null && now.leads();
  }

  @Override
  protected ComponentHealth health() {
    Visits now = visits;
    return now == null ? ComponentHealth.green() : now.health();
  }
}
