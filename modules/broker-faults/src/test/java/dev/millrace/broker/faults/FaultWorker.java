package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.testkit.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A worker as an application has it, in a process of its own. */
final class FaultWorker {
  static final String STREAM = "jobs";
  static final String GROUP = "workers";

  private FaultWorker() {}

  public static void main(String[] args) {
    Options with = Options.of(args);
    var history = History.writing(Path.of(with.text("history")));
    try (Broker broker = connect(with)) {
      broker.onTask(
          Job.TYPE,
          Job.class,
          new JobHandler(history, FaultWorker::tell, with.find("gate").map(Path::of).orElse(null)));
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
                .lease(with.millis("lease", 1_000))
                .shutdownDeadline(with.millis("deadline", 5_000))
                .retry(
                    RetryPolicy.builder()
                        .maxAttempts(with.number("attempts", 5))
                        .firstDelay(Duration.ofMillis(20))
                        .maxDelay(Duration.ofMillis(200))
                        .build()));
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
