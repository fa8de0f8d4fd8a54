package dev.millrace.broker.faults;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendProvider;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.Trimming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many that trim one stream at once and without a pause, each on a connection of its own, as if
 * there were no agreement on who does: only the check inside the removal is left.
 */
final class Cleaners implements AutoCloseable {
  private final List<Backend> backends = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong removed = new AtomicLong();
  private final AtomicLong slices = new AtomicLong();
  private final AtomicLong looks = new AtomicLong();
  private final ConcurrentHashMap<String, Long> dropped = new ConcurrentHashMap<>();
  private volatile boolean stopped;
  private volatile Throwable failure;

  Cleaners(String url, int count, String stream, Trimming.Limits limits) {
    for (int i = 0; i < count; i++) {
      Backend backend = open(url, "cleaner-" + i);
      backends.add(backend);
      Trimming trimming = backend.facet(Trimming.class).orElseThrow();
      threads.add(Thread.ofVirtual().start(() -> trim(trimming, stream, limits)));
    }
  }

  static Backend open(String url, String instance) {
    var parsed = BackendUrl.of(url);
    BackendProvider provider =
        ServiceLoader.load(BackendProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(each -> each.schemes().contains(parsed.scheme()))
            .findFirst()
            .orElseThrow();
    return provider.open(parsed, BackendContext.standalone(instance));
  }

  private void trim(Trimming trimming, String stream, Trimming.Limits limits) {
    try {
      while (!stopped) {
        Trimming.Report report = trimming.trim(stream, limits, false).toCompletableFuture().get();
        looks.incrementAndGet();
        removed.addAndGet(report.removed());
        slices.addAndGet(report.removed() > 0 ? 1 : 0);
        report.dropped().forEach((group, count) -> dropped.merge(group, count, Long::sum));
      }
    } catch (Throwable thrown) {
      failure = thrown;
    }
  }

  long removed() {
    return removed.get();
  }

  /** How often one of them has asked, whether something went or not. */
  long looks() {
    return looks.get();
  }

  long slices() {
    return slices.get();
  }

  Map<String, Long> dropped() {
    return Map.copyOf(dropped);
  }

  /** Ends them; fails if one of them did. */
  @Override
  public void close() throws Exception {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    backends.forEach(Backend::close);
    if (failure != null) {
      throw new AssertionError("a cleaner failed", failure);
    }
  }
}
