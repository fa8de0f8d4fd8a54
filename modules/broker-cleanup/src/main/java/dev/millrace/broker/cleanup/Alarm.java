package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when a group that does not move keeps what a rule wants gone: the stream grows on, and
 * nobody would notice before it is full.
 *
 * <p>Fed by one visit after another; its health may be asked for by any thread.
 */
final class Alarm {
  private static final Logger LOG = LoggerFactory.getLogger(Alarm.class);
  private static final Duration LEAST = Duration.ofHours(1);

  private final String name;
  private final BrokerClock clock;
  private final Tally tally;
  private volatile @Nullable Pin pin;

  private record Pin(String group, Optional<Position> position, long since, boolean told) {
    boolean sameAs(String other, Optional<Position> first) {
      return group.equals(other) && position.equals(first);
    }

    Duration age(long now) {
      return Duration.ofSeconds(Duration.ofNanos(now - since).toSeconds());
    }
  }

  Alarm(String name, BrokerClock clock, Tally tally) {
    this.name = name;
    this.clock = clock;
    this.tally = tally;
  }

  /**
   * A group keeps what should go.
   *
   * @param needs what each group needs
   * @param interval between visits
   */
  void pinned(String group, List<Trimming.Need> needs, Duration interval) {
    Optional<Position> first =
        needs.stream()
            .filter(need -> need.group().equals(group))
            .flatMap(need -> need.first().stream())
            .findFirst()
            .map(Trimming.Mark::position);
    long now = clock.nanoTime();
    Pin known = pin;
    if (known == null || !known.sameAs(group, first)) {
      clear();
      pin = new Pin(group, first, now, false);
    } else if (!known.told() && known.age(now).compareTo(patience(interval)) >= 0) {
      pin = new Pin(group, first, known.since(), true);
      tally.alarmed();
      LOG.warn("{}: {}", name, text(known, now));
    }
  }

  private static Duration patience(Duration interval) {
    Duration two = interval.multipliedBy(2);
    return two.compareTo(LEAST) > 0 ? two : LEAST;
  }

  /** Nothing is kept that should go, or this is not ours to watch any more. */
  void clear() {
    Pin known = pin;
    pin = null;
    if (known != null && known.told()) {
      LOG.info("{}: group '{}' holds nothing up any more", name, known.group());
    }
  }

  ComponentHealth health() {
    Pin known = pin;
    return known != null && known.told()
        ? ComponentHealth.yellow(text(known, clock.nanoTime()))
        : ComponentHealth.green();
  }

  private static String text(Pin pin, long now) {
    return "group '%s' has needed the same oldest entry%s for %s, and what should go stays; let its consumers work, or delete the group"
        .formatted(
            pin.group(), pin.position().map(at -> " " + at).orElse(""), pin.age(now).toString());
  }
}
