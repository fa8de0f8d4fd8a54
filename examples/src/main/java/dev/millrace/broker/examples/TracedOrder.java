package dev.millrace.broker.examples;

import dev.millrace.broker.api.Broker;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * Follows one order through a task, a request and an event, and prints its trace: which work was
 * done for which.
 */
public final class TracedOrder {
  private TracedOrder() {}

  /** Takes the URL of a backend; without it everything is in memory. */
  public static void main(String[] arguments) throws InterruptedException {
    String url = arguments.length > 0 ? arguments[0] : "memory:";
    var tracer = new Tracer();
    var bridge = new TracerBridge(tracer);
    var announced = new CountDownLatch(1);
    try (Broker broker =
        Broker.connect(
            url, b -> b.stream("traced_orders").interceptSend(bridge).interceptHandle(bridge))) {
      broker.onTask(
          "BOOK",
          Order.class,
          order -> {
            int price = broker.request("PRICE", order, Integer.class, Duration.ofSeconds(10));
            broker.publish("booked", order.id() + " for " + price);
          });
      broker.onRequest("PRICE", Order.class, order -> 7 * order.quantity());
      broker.onEvent("booked", String.class, text -> announced.countDown());
      broker.start();
      broker.enqueue("BOOK", new Order("ORD-1", 2));
      announced.await();
    }
    System.out.print(tracer.tree("", ""));
    System.out.println(tracer.traces() + " trace");
  }
}
