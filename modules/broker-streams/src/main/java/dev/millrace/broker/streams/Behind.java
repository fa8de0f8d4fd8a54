package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a group is behind, for those who measure. Whoever reads gets what was seen last and waits
 * for nothing; if that is old, a look begins, whose answer is for the next one. So a consumer that
 * nobody measures costs the backend nothing. Thread-safe.
 */
final class Behind {
  static final long UNKNOWN = -1;

  private static final Logger LOG = LoggerFactory.getLogger(Behind.class);
  private static final Duration OLD = Duration.ofSeconds(10);

  private final GroupRef group;
  private final StreamLog log;
  private final BrokerClock clock;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile @Nullable Look last;

  private record Look(long at, long lag, long pending, long parked) {}

  Behind(GroupRef group, StreamLog log, BrokerClock clock) {
    this.group = group;
    this.log = log;
    this.clock = clock;
  }

  /** What was not delivered to the group; {@link #UNKNOWN} where the backend cannot tell. */
  long lag() {
    Look seen = look();
    return seen == null ? UNKNOWN : seen.lag;
  }

  /** What was delivered to the group and is not settled. */
  long pending() {
    Look seen = look();
    return seen == null ? UNKNOWN : seen.pending;
  }

  /** What was given back to the group for a while, and waits beside the stream. */
  long parked() {
    Look seen = look();
    return seen == null ? UNKNOWN : seen.parked;
  }

  /** The stream as somebody else has just seen it. A group that is not made yet is not seen. */
  void seen(StreamState state) {
    mine(state).ifPresent(this::seen);
  }

  private Optional<StreamState.Group> mine(StreamState state) {
    return state.groups().stream().filter(each -> each.name().equals(group.group())).findFirst();
  }

  private void seen(StreamState.Group mine) {
    last = new Look(clock.nanoTime(), mine.lag().orElse(UNKNOWN), mine.pending(), mine.parked());
  }

  private void unknown() {
    last = new Look(clock.nanoTime(), UNKNOWN, UNKNOWN, UNKNOWN);
  }

  private @Nullable Look look() {
    Look seen = last;
    boolean old = seen == null || clock.nanoTime() - seen.at >= OLD.toNanos();
    if (old && looking.compareAndSet(false, true)) {
      var unused = describe().whenComplete(this::looked);
    }
    return last;
  }

  private CompletionStage<StreamState> describe() {
    try {
      return log.describe(group.stream());
    } catch (RuntimeException refusal) {
      return CompletableFuture.failedFuture(refusal);
    }
  }

  private void looked(@Nullable StreamState state, @Nullable Throwable error) {
    if (state == null) {
      // What was true before the backend went is no answer any more.
      unknown();
      LOG.debug("{}: could not look how far it is behind: {}", group, String.valueOf(error));
    } else {
      mine(state).ifPresentOrElse(this::seen, this::unknown);
    }
    looking.set(false);
  }
}
