package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A worker in the process of the test, for faults that need no process to die. */
final class LocalWorker implements AutoCloseable {
  private final Broker broker;
  private final List<String> told = new CopyOnWriteArrayList<>();

  LocalWorker(Scene scene, String name, String url, Consumer<BrokerConfig.Builder> settings) {
    broker =
        Broker.connect(
            url,
            b -> {
              b.appName("faults").stream(FaultWorker.STREAM)
                  .consumerGroup(FaultWorker.GROUP)
                  .lease(Duration.ofSeconds(1))
                  .shutdownDeadline(Duration.ofSeconds(2));
              settings.accept(b);
            });
    broker.onTask(
        Job.TYPE, Job.class, new JobHandler(scene.history(name), told::add, scene.gate()));
    broker.start();
  }

  Broker broker() {
    return broker;
  }

  long told(String prefix) {
    return told.stream().filter(line -> line.startsWith(prefix)).count();
  }

  List<String> lines() {
    return List.copyOf(told);
  }

  @Override
  public void close() {
    broker.close();
  }
}
