package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values that hold for a time. What has run out is not seen any more, and is removed whenever the
 * map has doubled, without a timer. Guarded by its user.
 */
final class Expiring<V> {
  private static final int LEAST = 64;

  private final BrokerClock clock;
  private final Map<String, Timed<V>> values = new LinkedHashMap<>();
  private int purgeAt = LEAST;

  Expiring(BrokerClock clock) {
    this.clock = clock;
  }

  @Nullable V get(String name) {
    Timed<V> timed = values.get(name);
    return timed == null || runOut(timed) ? null : timed.value;
  }

  void put(String name, V value, Duration length) {
    values.put(name, new Timed<>(value, clock.nanoTime() + Nanos.of(length)));
    if (values.size() >= purgeAt) {
      purge();
    }
  }

  /** As {@link #put}, and no shorter than it was to be kept before. */
  void putLonger(String name, V value, Duration length) {
    Timed<V> before = values.get(name);
    put(name, value, length);
    Timed<V> now = values.get(name);
    if (before != null && now != null && before.until - now.until > 0) {
      values.put(name, new Timed<>(value, before.until));
    }
  }

  void remove(String name) {
    values.remove(name);
  }

  void clear() {
    values.clear();
    purgeAt = LEAST;
  }

  /** The names that hold now. */
  Set<String> names() {
    purge();
    return new LinkedHashSet<>(values.keySet());
  }

  /** How many are kept, those included that ran out and were not removed yet. */
  int size() {
    return values.size();
  }

  private void purge() {
    values.values().removeIf(this::runOut);
    purgeAt = Math.max(LEAST, values.size() * 2);
  }

  private boolean runOut(Timed<V> timed) {
    return timed.until - clock.nanoTime() <= 0;
  }

  private record Timed<V>(V value, long until) {}
}
