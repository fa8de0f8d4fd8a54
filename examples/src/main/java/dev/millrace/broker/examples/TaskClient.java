package dev.millrace.broker.examples;

import dev.millrace.broker.api.Broker;

/** Puts orders into a task queue and prints the id of each. Starts no reader. */
public final class TaskClient {
  private TaskClient() {}

  /** Takes the URL of a Redis server; without it MILLRACE_URL, or the one on this machine. */
  public static void main(String[] arguments) {
    String url =
        arguments.length > 0
            ? arguments[0]
            : System.getenv().getOrDefault("MILLRACE_URL", "redis://localhost:6379");
    try (Broker client = Broker.connect(url, b -> b.stream("task_queue"))) {
      for (int i = 1; i <= 3; i++) {
        System.out.println(client.enqueue("NEW_ORDER", new Order("ORD-" + i, i)).id());
      }
    }
  }
}
