package dev.millrace.broker.examples;

import dev.millrace.broker.api.Broker;
import java.util.concurrent.CompletableFuture;

public class ReadmeExample {
  public record Ticket(String id, int seats) {}

  public static void main(String[] args) {
    var sold = new CompletableFuture<Ticket>();
    try (var broker = Broker.connect(args.length > 0 ? args[0] : "memory:")) {
      broker.onTask("SELL", Ticket.class, sold::complete);
      broker.start();
      broker.enqueue("SELL", new Ticket("T-1", 2));
      System.out.println("handled " + sold.join());
    }
  }
}
