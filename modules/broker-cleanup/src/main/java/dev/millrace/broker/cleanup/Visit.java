package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One visit: what bounds the stream during it, and what it has done. Not thread-safe. */
final class Visit {
  private static final Logger LOG = LoggerFactory.getLogger(Visit.class);

  private final String name;
  private final StreamConfig policy;
  private final Bounds bounds;
  private final Optional<Instant> latest;
  private final Tally tally;
  private final Slices slices;
  private final Map<String, Long> dropped = new TreeMap<>();
  private int done;

  Visit(String name, StreamConfig policy, Bounds bounds, Optional<Instant> latest, Tally tally) {
    this.name = name;
    this.policy = policy;
    this.bounds = bounds;
    this.latest = latest;
    this.tally = tally;
    this.slices = new Slices(policy.batchSize());
  }

  String stream() {
    return policy.name();
  }

  /** The policy in force during it. */
  StreamConfig policy() {
    return policy;
  }

  /** For the next slice. */
  Trimming.Limits limits() {
    return bounds.limits(slices.size(), latest);
  }

  /** How many slices it has had. */
  int slices() {
    return done;
  }

  void sliced(Trimming.Report report, Duration took) {
    done++;
    slices.took(took);
    tally.sliced(took.toNanos());
    tally.removed(report.removed());
    report
        .dropped()
        .forEach(
            (group, entries) -> {
              tally.dropped(entries);
              dropped.merge(group, entries, Long::sum);
            });
  }

  /** One line for all its slices. */
  void tellDrops() {
    if (!dropped.isEmpty()) {
      LOG.warn("{}: dropped although these groups had not handled them: {}", name, dropped);
    }
  }
}
