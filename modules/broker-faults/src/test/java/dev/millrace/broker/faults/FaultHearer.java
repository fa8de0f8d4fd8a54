package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.testkit.History;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A durable subscription in a process of its own. */
final class FaultHearer {
  private FaultHearer() {}

  public static void main(String[] args) {
    Options with = Options.of(args);
    var history = History.writing(Path.of(with.text("history")));
    try (Broker broker =
        Broker.connect(
            with.text("url"), b -> b.appName("faults").lease(with.millis("lease", 1_000)))) {
      broker.onEvent(
          SubscriptionConfig.channel(Note.CHANNEL)
              .durable(with.text("durable"))
              .concurrency(4)
              .build(),
          TypeRef.of(Note.class),
          note -> {
            // Long enough to be killed in.
            if (new CountDownLatch(1).await(with.number("millis", 5), TimeUnit.MILLISECONDS)) {
              throw new IllegalStateException("nobody opens it");
            }
            history.handled(note.id());
          });
      broker.start();
      System.out.println("ready");
      broker.run();
    }
    System.out.println("drained");
  }
}
