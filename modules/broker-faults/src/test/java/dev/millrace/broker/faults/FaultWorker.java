package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.testkit.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A worker as an application has it, in a process of its own; with {@code requests=} it answers
 * them as well, with {@code events=} it hears them, so many at once.
 */
final class FaultWorker {
  static final String STREAM = "jobs";
  static final String GROUP = "workers";

  /** The channel of its events: how many milliseconds to take for each. */
  static final String CHANNEL = "ticks";

  private FaultWorker() {}

  public static void main(String[] args) {
    Options with = Options.of(args);
    var history = History.writing(Path.of(with.text("history")));
    try (Broker broker = connect(with)) {
      broker.onTask(
          Job.TYPE,
          Job.class,
          new JobHandler(history, FaultWorker::tell, with.find("gate").map(Path::of).orElse(null)));
      if (with.find("requests").isPresent()) {
        broker.onRequest(FaultServer.TYPE, FaultServer.Ask.class, FaultServer::handle);
      }
      if (with.find("events").isPresent()) {
        hear(broker, with.number("events", 16));
      }
      broker.start();
      if (with.find("clock").isPresent()) {
        Thread.ofVirtual().start(FaultWorker::tellTheTime);
      }
      tell("ready");
      broker.run();
    }
    tell("drained");
  }

  private static Broker connect(Options with) {
    return Broker.connect(
        with.text("url"),
        b ->
            b.appName("faults").stream(STREAM)
                .consumerGroup(GROUP)
                .maxJobs(with.number("jobs", 4))
                .maxRequests(with.number("requests", 8))
                .lease(with.millis("lease", 1_000))
                .shutdownDeadline(with.millis("deadline", 5_000))
                .retry(
                    RetryPolicy.builder()
                        .maxAttempts(with.number("attempts", 5))
                        .firstDelay(Duration.ofMillis(20))
                        .maxDelay(Duration.ofMillis(200))
                        .build()));
  }

  /** Tells {@code tick} for each event that it has handled, and {@code heard n} as they come. */
  private static void hear(Broker broker, int atOnce) {
    SubscriptionConfig config =
        SubscriptionConfig.channel(CHANNEL).concurrency(atOnce).buffer(2_000).build();
    Subscription heard =
        broker.onEvent(
            config,
            TypeRef.of(Long.class),
            millis -> {
              FaultServer.pass(millis);
              tell("tick");
            });
    Thread.ofVirtual()
        .start(
            () -> {
              while (true) {
                tell("heard " + heard.info().counts().get("received"));
                LockSupport.parkNanos(50_000_000);
              }
            });
  }

  /** Ten times a second what this process takes for the time: {@code clock millis}. */
  private static void tellTheTime() {
    while (true) {
      tell("clock " + System.currentTimeMillis());
      LockSupport.parkNanos(100_000_000);
    }
  }

  private static void tell(String line) {
    System.out.println(line);
  }
}
