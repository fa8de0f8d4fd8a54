package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.TaskScheduling;
import java.util.List;
import java.util.TreeSet;

/** Chooses what runs periodic work: by configuration, else by presence on the path. */
final class Schedulings {
  private static final String JDK = "jdk";

  private final List<TaskScheduling.Provider> offered;
  private final BrokerClock clock;

  Schedulings(List<TaskScheduling.Provider> offered, BrokerClock clock) {
    this.offered = offered;
    this.clock = clock;
  }

  /**
   * Opens the one to use; its user closes it.
   *
   * @throws InvalidConfigException if the configuration names one that nobody offers
   */
  TaskScheduling open(BrokerConfig config) {
    return config
        .ownScheduling()
        .map(Schedulings::lent)
        .or(() -> config.scheduling().map(this::named))
        .orElseGet(this::present);
  }

  // Closing this leaves the application's own open.
  private static TaskScheduling lent(TaskScheduling own) {
    return (delay, task) -> own.schedule(delay, task);
  }

  private TaskScheduling named(String name) {
    var found = offered.stream().filter(each -> each.name().equals(name)).findFirst();
    if (found.isEmpty() && !name.equals(JDK)) {
      var names = new TreeSet<String>(List.of(JDK));
      offered.forEach(each -> names.add(each.name()));
      throw new InvalidConfigException(
          "choose scheduling",
          "BrokerConfig",
          List.of(
              "scheduling is '"
                  + Names.printable(name)
                  + "', which nothing on the path offers; there are "
                  + String.join(", ", names)
                  + ", and dev.millrace:broker-scheduling-micronaut adds micronaut"));
    }
    return found.map(TaskScheduling.Provider::open).orElseGet(() -> TaskScheduling.on(clock));
  }

  // A clock of somebody's own moves by itself: its timers alone keep its time.
  private TaskScheduling present() {
    return offered.size() == 1 && clock.equals(BrokerClock.system())
        ? offered.getFirst().open()
        : TaskScheduling.on(clock);
  }
}
