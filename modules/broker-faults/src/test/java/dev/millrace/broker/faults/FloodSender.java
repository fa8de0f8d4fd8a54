package dev.millrace.broker.faults;

import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamManager;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A process that sends as fast as it can without waiting for results, until a file appears. Then it
 * waits for all results, writes down which messages were accepted, and goes on draining.
 */
final class FloodSender {
  private static final int PADDING = 100;

  private final Map<String, AtomicLong> outcomes = new TreeMap<>();
  private final BitSet accepted = new BitSet();
  private final BitSet open = new BitSet();

  private FloodSender() {}

  public static void main(String[] args) throws IOException {
    Options with = Options.of(args);
    StreamManager manager =
        StreamManager.connect(
            with.text("url"),
            BrokerConfig.builder()
                .appName("faults")
                .consumerGroup(BackupSender.GROUP)
                .journal(
                    JournalConfig.in(Path.of(with.text("journal")))
                        .withMaxBytes((long) with.number("journal-mib", 64) << 20)
                        .withSpillAfter(Duration.ofMillis(300)))
                .shutdownDeadline(Duration.ofSeconds(5))
                .build());
    BackupProducer orders =
        manager
            .createBackupProducer("orders", BackupSender.stream(100_000_000))
            .onSwitch(change -> tell("switch " + change.from() + " " + change.to()));
    tell("ready");
    new FloodSender().run(with, orders);
    while (true) {
      tell("journal " + orders.status().journal().messages());
      LockSupport.parkNanos(50_000_000);
    }
  }

  private void run(Options with, BackupProducer orders) throws IOException {
    Path stop = Path.of(with.text("stop"));
    String padding = "x".repeat(PADDING);
    var last = CompletableFuture.<@Nullable Void>completedFuture(null);
    long mostBytes = 0;
    int n = 0;
    while (n % 256 != 0 || !Files.exists(stop)) {
      int id = n++;
      last =
          orders
              .sendAsync(Fields.of("id", "f-" + id, "padding", padding))
              .handle(
                  (done, error) -> {
                    ended(id, done, error);
                    return null;
                  });
      if (n % 1024 == 0) {
        mostBytes = Math.max(mostBytes, orders.status().journalBytes());
        tell("sent " + n);
      }
    }
    int all = n;
    while (ended() < all) {
      LockSupport.parkNanos(10_000_000);
    }
    tell("outcomes " + outcomes);
    tell("journal bytes " + mostBytes);
    tell("heap " + heapAtPeak());
    write(Path.of(with.text("accepted")), accepted);
    write(Path.of(with.text("unknown")), open);
    tell("done " + all);
  }

  private static void write(Path file, BitSet numbers) throws IOException {
    Files.write(file, numbers.toByteArray());
  }

  private static long heapAtPeak() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == java.lang.management.MemoryType.HEAP)
        .mapToLong(pool -> pool.getPeakUsage().getUsed())
        .sum();
  }

  private synchronized void ended(int id, @Nullable SendResult done, @Nullable Throwable error) {
    if (done != null) {
      accepted.set(id);
    } else if (error instanceof dev.millrace.broker.api.AmbiguousSendException) {
      open.set(id);
    }
    Object what = done == null ? error : done;
    String name =
        done == null && !(error instanceof BrokerException)
            ? "untyped " + what
            : what.getClass().getSimpleName();
    outcomes.computeIfAbsent(name, none -> new AtomicLong()).incrementAndGet();
  }

  private synchronized long ended() {
    return outcomes.values().stream().mapToLong(AtomicLong::get).sum();
  }

  private static void tell(String line) {
    System.out.println(line);
  }
}
