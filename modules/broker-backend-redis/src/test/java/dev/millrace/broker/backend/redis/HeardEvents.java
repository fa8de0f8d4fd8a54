package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;

/** Remembers the ids of events and the gaps. */
final class HeardEvents implements EventSink {
  final List<String> ids = new CopyOnWriteArrayList<>();
  final List<Gap> gaps = new CopyOnWriteArrayList<>();

  /** When something may have been missed. */
  record Gap(Instant from, Instant to) {}

  @Override
  public void event(String channel, Entry event) {
    ids.add(event.id().orElse("?"));
  }

  @Override
  public void gap(Instant from, Instant to) {
    gaps.add(new Gap(from, to));
  }

  void await(String id) {
    await(() -> ids.contains(id));
  }

  void awaitGaps(int count) {
    await(() -> gaps.size() >= count);
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(15))
        .until(condition);
  }
}
