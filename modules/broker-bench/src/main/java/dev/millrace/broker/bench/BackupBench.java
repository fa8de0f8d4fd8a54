package dev.millrace.broker.bench;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A backup producer beside a simple one on a healthy server, in turns, and how fast a backup is
 * drained beside how fast it could be sent. The medians and their ratios are printed.
 *
 * <p>{@code BackupBench URL [messages] [rounds]}; the server's streams are deleted by nobody.
 */
public final class BackupBench {
  private static final int THREADS = 100;
  private static final int CHUNK = 10_000;
  private static final int BLOCK = 200;

  private final Map<String, List<Double>> rates = new LinkedHashMap<>();
  private int run;

  private BackupBench() {}

  private interface Work {
    void on(String stream) throws Exception;
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: BackupBench URL [messages] [rounds]");
      System.exit(2);
    }
    int messages = args.length > 1 ? Integer.parseInt(args[1]) : 200_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    byte[] payload =
        ("{\"id\":\"ORD-12345\",\"text\":\"" + "x".repeat(70) + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    Path journal = Files.createTempDirectory("millrace-bench-journal");
    new BackupBench().compare(args[0], payload, journal, messages, rounds);
  }

  private void compare(String url, byte[] payload, Path journal, int messages, int rounds)
      throws Exception {
    int few = messages / 10;
    try (var simple = new MillraceContestant(url, payload, SendPolicy.defaults());
        var backup = MillraceContestant.queued(url, payload, journal)) {
      for (int round = 0; round <= rounds; round++) { // round 0 warms up
        for (int turn = 0; turn < 2; turn++) {
          boolean first = (round + turn) % 2 == 0;
          sends(first ? "simple" : "backup", first ? simple : backup, messages);
        }
        alone(simple, backup, few);
        drain(url, payload, messages);
        if (round == 0) {
          rates.clear();
        }
      }
    }
    print();
  }

  /**
   * By turns in short blocks: a lone send is mostly waking up, and how long that takes depends on
   * what else the machine has done in the last second.
   */
  private void alone(MillraceContestant simple, MillraceContestant backup, int messages) {
    int blocks = Math.max(1, messages / BLOCK);
    long simpleNanos = 0;
    long backupNanos = 0;
    try (var one = simple.producer("bench:backup:" + run++);
        var other = backup.producer("bench:backup:" + run++)) {
      for (int i = 0; i < blocks; i++) {
        simpleNanos += simple.timed(one, BLOCK);
        backupNanos += backup.timed(other, BLOCK);
      }
    }
    double sent = 1e9 * blocks * BLOCK;
    rates.computeIfAbsent("alone/simple", k -> new ArrayList<>()).add(sent / simpleNanos);
    rates.computeIfAbsent("alone/backup", k -> new ArrayList<>()).add(sent / backupNanos);
  }

  private void sends(String who, Contestant contestant, int messages) throws Exception {
    measure("bulk/" + who, messages, s -> contestant.sendBulk(s, messages));
    measure("threads/" + who, messages, s -> contestant.sendFromThreads(s, messages, THREADS));
  }

  /** A backup that is filled under a low limit, and drained under a high one. */
  private void drain(String url, byte[] payload, int messages) throws Exception {
    String stream = "bench:drain:" + run++;
    var config = BrokerConfig.builder().consumerGroup("bench").journal(JournalConfig.none());
    try (var manager = StreamManager.connect(url, config.build());
        var producer =
            manager.createBackupProducer(
                "p", StreamConfig.builder(stream).minRetentionCount(0).maxLength(1).build())) {
      List<Fields> chunk = Collections.nCopies(CHUNK, Fields.of(Message.PAYLOAD, payload));
      for (int sent = 0; sent < messages; sent += CHUNK) {
        producer.sendAll(chunk.subList(0, Math.min(CHUNK, messages - sent)));
      }
    }
    try (var manager = StreamManager.connect(url, config.build())) {
      long begun = System.nanoTime();
      try (var producer =
          manager.createBackupProducer(
              "p", StreamConfig.builder(stream).maxLength(100_000_000).build())) {
        while (producer.status().backup().messages() > 0
            || producer.info().counts().getOrDefault("drained", 0L) == 0) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        double moved = producer.info().counts().getOrDefault("drained", 0L);
        rates
            .computeIfAbsent("drained", k -> new ArrayList<>())
            .add(moved * 1e9 / (System.nanoTime() - begun));
      }
    }
  }

  private void measure(String what, int count, Work work) throws Exception {
    String stream = "bench:backup:" + run++;
    long begun = System.nanoTime();
    work.on(stream);
    double rate = count * 1e9 / (System.nanoTime() - begun);
    rates.computeIfAbsent(what, k -> new ArrayList<>()).add(rate);
  }

  private void print() {
    System.out.printf(
        Locale.ROOT, "%-10s %10s %10s %14s%n", "work", "simple/s", "backup/s", "backup/simple");
    for (String work : List.of("alone", "bulk", "threads")) {
      double simple = median(work + "/simple");
      double backup = median(work + "/backup");
      System.out.printf(
          Locale.ROOT, "%-10s %10.0f %10.0f %14.2f%n", work, simple, backup, backup / simple);
    }
    double drained = median("drained");
    System.out.printf(
        Locale.ROOT,
        "drained: %.0f/s, %.2f of bulk sends%n",
        drained,
        drained / median("bulk/simple"));
  }

  private double median(String key) {
    List<Double> sorted = rates.getOrDefault(key, List.of(Double.NaN)).stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
