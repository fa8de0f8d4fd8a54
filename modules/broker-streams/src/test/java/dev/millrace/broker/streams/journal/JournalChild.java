package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.JournalConfig.Sync;
import dev.millrace.broker.api.spi.BrokerClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.random.RandomGenerator;

/**
 * A process that appends numbers to a journal until it is killed: {@code JournalChild DIRECTORY
 * each|grouped|interval}. Prints {@code open ID}, {@code ok N} for each one that was accepted,
 * {@code failed N KIND} for one that was not.
 */
final class JournalChild {
  private static final int UNDER_WAY = 64;

  private JournalChild() {}

  public static void main(String[] args) throws InterruptedException {
    Sync sync =
        switch (args[1]) {
          case "each" -> new Sync.Each();
          case "grouped" -> new Sync.Grouped();
          default -> new Sync.Interval(Duration.ofMillis(20));
        };
    var config = JournalConfig.in(Path.of(args[0])).withSync(sync);
    Journal journal =
        Journal.open(Path.of(args[0]), config, BrokerClock.system(), RandomGenerator.getDefault());
    System.out.println("open " + journal.id());
    var slots = new Semaphore(UNDER_WAY);
    for (int n = 0; ; n++) {
      int number = n;
      slots.acquire();
      journal
          .append(List.of(JournalRig.full(JournalRig.STREAM, "" + n, 100)))
          .whenComplete(
              (done, failure) -> {
                if (failure == null) {
                  System.out.println("ok " + number);
                } else {
                  System.out.println(
                      "failed " + number + " " + ((BrokerException) failure).getMessage());
                }
                slots.release();
              });
    }
  }
}
