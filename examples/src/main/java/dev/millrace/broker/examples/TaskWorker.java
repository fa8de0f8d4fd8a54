package dev.millrace.broker.examples;

import dev.millrace.broker.api.Broker;

/**
 * Handles the orders of a task queue until it is stopped by SIGTERM or Ctrl-C. Any number of
 * workers may run: they share the group's tasks.
 */
public final class TaskWorker {
  private TaskWorker() {}

  /** Takes the URL of a Redis server; without it MILLRACE_URL, or the one on this machine. */
  public static void main(String[] arguments) {
    String url =
        arguments.length > 0
            ? arguments[0]
            : System.getenv().getOrDefault("MILLRACE_URL", "redis://localhost:6379");
    try (Broker broker =
        Broker.connect(url, b -> b.stream("task_queue").consumerGroup("main_group").maxJobs(10))) {
      broker.onTask("NEW_ORDER", Order.class, TaskWorker::process);
      broker.run();
    }
  }

  private static void process(Order order) {
    System.out.println("processed " + order.id() + ", quantity " + order.quantity());
  }
}
