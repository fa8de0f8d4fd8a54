package dev.millrace.broker.examples;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.ReplyParts;
import dev.millrace.broker.api.ReplyStream;
import java.time.Duration;
import java.util.List;

/** Asks one server, reads an answer in parts as they come, and asks all servers at once. */
public final class RequestReply {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private RequestReply() {}

  /** What is asked. */
  public record PriceQuery(String sku, int pieces) {}

  /** What is answered. */
  public record Price(String sku, long cents) {}

  /** Takes the URL of a backend; without it everything is in memory. */
  public static void main(String[] arguments) {
    String url = arguments.length > 0 ? arguments[0] : "memory:requests";
    try (Broker first = server(url, "first");
        Broker second = server(url, "second");
        Broker client = Broker.connect(url, b -> b.stream("shop"))) {
      first.start();
      second.start();
      ask(client, new PriceQuery("MUG", 3));
      ask(client, new PriceQuery("MUG", 0));
      try (ReplyStream<Integer> parts =
          client.requestParts("countdown", 3, Integer.class, TIMEOUT)) {
        parts.forEachRemaining(part -> System.out.println("part " + part));
      }
      List<Reply<String>> names = client.askAll("name", "", String.class, 2, TIMEOUT);
      names.stream()
          .map(name -> name.orThrow("name"))
          .sorted()
          .forEach(name -> System.out.println("server " + name));
    }
  }

  private static Broker server(String url, String name) {
    Broker server = Broker.connect(url, b -> b.stream("shop").maxRequests(10));
    server.onRequest("price", PriceQuery.class, RequestReply::price);
    server.onRequest("countdown", Integer.class, RequestReply::countDown);
    server.onRequest("name", Void.class, nothing -> name);
    return server;
  }

  private static Price price(PriceQuery query) {
    if (query.pieces() < 1) {
      throw new RemoteFailedException("NO_PIECES", "one piece at least");
    }
    return new Price(query.sku(), 990L * query.pieces());
  }

  private static void countDown(int from, ReplyParts<Integer> parts) {
    for (int i = from; i > 0; i--) {
      parts.send(i);
    }
  }

  /** Each outcome is a value: a caller that does not look at one does not compile. */
  private static void ask(Broker client, PriceQuery query) {
    switch (client.call("price", query, Price.class, TIMEOUT)) {
      case Reply.Ok<Price>(Price price) -> System.out.println("costs " + price.cents());
      case Reply.RemoteError<Price>(String code, String text) ->
          System.out.println("refused, " + code + ": " + text);
      case Reply.NotStarted<Price>(String reason) ->
          System.out.println("nobody has begun it: " + reason);
      case Reply.Unknown<Price>(String reason) -> System.out.println("perhaps done: " + reason);
    }
  }
}
