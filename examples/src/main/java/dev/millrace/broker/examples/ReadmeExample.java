package dev.millrace.broker.examples;

import dev.millrace.broker.api.Broker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

public class ReadmeExample {
  public record Ticket(String id, int seats) {}

  public static void main(String[] args) {
    var sold = new CompletableFuture<Ticket>();
    var heard = new CompletableFuture<String>();
    try (var broker = Broker.connect(args.length > 0 ? args[0] : "memory:")) {
      broker.onTask("SELL", Ticket.class, sold::complete);
      broker.onEvent("seats", String.class, heard::complete);
      broker.onRequest("PRICE", Ticket.class, ticket -> ticket.seats() * 25);
      broker.start();
      broker.enqueue("SELL", new Ticket("T-1", 2));
      broker.publish("seats", "two are taken");
      int price =
          broker.request("PRICE", new Ticket("T-1", 2), Integer.class, Duration.ofSeconds(5));
      System.out.println("handled " + sold.join());
      System.out.println("heard: " + heard.join() + ", asked: " + price);
    }
  }
}
