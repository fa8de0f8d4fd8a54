package dev.millrace.broker.faults;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.BackupStatus;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that sends orders through a backup producer: some threads, each with a key of its own,
 * each one order after the other. It says at each change of the route, and what waits where.
 */
final class BackupSender {
  static final String STREAM = "orders";
  static final String GROUP = "workers";

  private BackupSender() {}

  public static void main(String[] args) throws InterruptedException {
    Options with = Options.of(args);
    var history = History.writing(Path.of(with.text("history")));
    StreamManager manager =
        StreamManager.connect(
            with.text("url"),
            BrokerConfig.builder()
                .appName("faults")
                .consumerGroup(GROUP)
                .journal(journal(with))
                .shutdownDeadline(Duration.ofSeconds(5))
                .build());
    BackupProducer orders =
        manager
            .createBackupProducer(
                "orders",
                stream(with.number("limit", 200)).toBuilder().sending(sending(with)).build())
            .onSwitch(
                change ->
                    tell("switch " + change.from() + " " + change.to() + " " + change.reason()));
    tell("ready");
    int threads = with.number("threads", 64);
    var done = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      String key = with.text("prefix") + "-" + i;
      Thread.ofVirtual()
          .start(
              () -> {
                send(orders, history, key, with.number("each", 100), with.number("gap", 0));
                done.countDown();
              });
    }
    Thread.ofVirtual().start(() -> watch(orders));
    done.await();
    tell("sent");
    new CountDownLatch(1).await();
  }

  private static SendPolicy sending(Options with) {
    return with.find("durability").orElse("memory").equals("fsynced")
        ? SendPolicy.defaults().withDurability(Durability.fsynced())
        : SendPolicy.defaults();
  }

  private static JournalConfig journal(Options with) {
    return with.find("journal")
        .map(Path::of)
        .map(JournalConfig::in)
        .orElseGet(JournalConfig::none)
        .withSpillAfter(with.millis("spill-after", 300));
  }

  static StreamConfig stream(int limit) {
    return StreamConfig.builder(STREAM)
        .groups(GROUP)
        .maxLength(limit)
        // The check reads what was acknowledged too.
        .cleanupInterval(Duration.ofDays(1))
        .build();
  }

  private static void send(
      BackupProducer orders, History history, String key, int each, int gapMillis) {
    for (int n = 0; n < each; n++) {
      String id = key + "-" + n;
      history.invoked(id);
      try {
        orders.send(Fields.of("id", id, "n", n), SendOptions.none().key(key));
        history.acknowledged(id);
      } catch (AmbiguousSendException unclear) {
        history.unknown(id);
      } catch (BrokerException refused) {
        history.refused(id);
        tell("refused " + refused.getMessage());
      }
      if (gapMillis > 0) {
        LockSupport.parkNanos(gapMillis * 1_000_000L);
      }
    }
  }

  /** Twenty times a second: {@code route PRIMARY backup 0 journal 0}. */
  private static void watch(BackupProducer orders) {
    String before = "";
    while (true) {
      BackupStatus now = orders.status();
      String line =
          "route "
              + now.route()
              + " backup "
              + now.backup().messages()
              + " journal "
              + now.journal().messages();
      if (!line.equals(before)) {
        tell(line);
        before = line;
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  private static void tell(String line) {
    System.out.println(line);
  }
}
