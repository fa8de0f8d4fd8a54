package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.testkit.History;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A sender as an application has it, in a process of its own; sends until it is terminated. */
final class FaultProducer {
  private FaultProducer() {}

  public static void main(String[] args) throws InterruptedException {
    Options with = Options.of(args);
    var history = History.writing(Path.of(with.text("history")));
    String prefix = with.text("prefix");
    Broker broker =
        Broker.connect(
            with.text("url"),
            b -> b.appName("faults").stream(FaultWorker.STREAM).consumerGroup(FaultWorker.GROUP));
    var load = new Load(broker, history, with.number("rate", 200), n -> Job.ok(prefix + "-" + n));
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  load.close();
                  broker.close();
                  System.out.println("sent " + load.sent());
                }));
    System.out.println("ready");
    new CountDownLatch(1).await();
  }
}
