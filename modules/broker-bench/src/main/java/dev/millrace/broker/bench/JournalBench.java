package dev.millrace.broker.bench;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.streams.journal.Journal;
import dev.millrace.broker.streams.journal.JournalRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Messages a second that the journal of backup producers makes durable, each thread waiting for its
 * own, beside what the disk does at all: a loop that writes as many bytes and syncs. In turns; the
 * medians are printed.
 *
 * <p>{@code JournalBench URL [milliseconds] [rounds] [directory]}; the server is not used.
 */
public final class JournalBench {
  private static final int[] THREADS = {1, 16, 64};
  private static final int SIZE = 100;
  private static final String STREAM = "bench";

  private final Path directory;
  private final long nanos;
  private final Map<String, List<Double>> rates = new LinkedHashMap<>();

  private JournalBench(Path directory, long nanos) {
    this.directory = directory;
    this.nanos = nanos;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    long milliseconds = args.length > 1 ? Long.parseLong(args[1]) : 3_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    Path parent = args.length > 3 ? Path.of(args[3]) : Path.of("").toAbsolutePath();
    Path directory = Files.createTempDirectory(parent, "journal-bench");
    try {
      new JournalBench(directory, milliseconds * 1_000_000).compare(rounds);
    } finally {
      delete(directory);
    }
  }

  private void compare(int rounds) throws Exception {
    for (int round = 0; round <= rounds; round++) { // round 0 warms up
      measure("write and sync", this::bare);
      for (int threads : THREADS) {
        measure("journal, threads: " + threads, () -> journal(threads));
      }
      if (round == 0) {
        rates.clear();
      }
    }
    double disk = median("write and sync");
    for (String each : rates.keySet()) {
      double rate = median(each);
      System.out.printf(Locale.ROOT, "%-22s %10.0f/s %8.2f%n", each, rate, rate / disk);
    }
  }

  private void measure(String what, Callable<Long> work) throws Exception {
    long begun = System.nanoTime();
    long count = work.call();
    double rate = count * 1e9 / (System.nanoTime() - begun);
    rates.computeIfAbsent(what, k -> new ArrayList<>()).add(rate);
  }

  private double median(String what) {
    return rates.getOrDefault(what, List.of()).stream()
        .sorted()
        .skip(rates.getOrDefault(what, List.of()).size() / 2)
        .findFirst()
        .orElse(0.0);
  }

  private long bare() throws IOException {
    Path file = directory.resolve("bare");
    long until = System.nanoTime() + nanos;
    long count = 0;
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (; System.nanoTime() < until; count++) {
        channel.write(ByteBuffer.allocate(SIZE));
        channel.force(false);
      }
    }
    Files.delete(file);
    return count;
  }

  private long journal(int threads) throws InterruptedException {
    var config = JournalConfig.in(directory);
    var count = new AtomicLong();
    var record =
        new JournalRecord(
            STREAM,
            Optional.empty(),
            Optional.empty(),
            Entry.of("an-id", Fields.of(Message.PAYLOAD, new byte[SIZE])));
    try (var journal =
        Journal.open(directory, config, BrokerClock.system(), RandomGenerator.getDefault())) {
      long until = System.nanoTime() + nanos;
      var running = new ArrayList<Thread>();
      for (int i = 0; i < threads; i++) {
        running.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      while (System.nanoTime() < until) {
                        journal.append(List.of(record)).join();
                        count.incrementAndGet();
                      }
                    }));
      }
      for (Thread each : running) {
        each.join();
      }
      journal.done(STREAM, Long.MAX_VALUE);
    }
    return count.get();
  }

  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(path)) {
        for (Path each : all) {
          delete(each);
        }
      }
    }
    Files.delete(path);
  }
}
