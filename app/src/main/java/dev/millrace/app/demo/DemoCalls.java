package dev.millrace.app.demo;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.TypeRef;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a run: for each of the first orders a quote is asked for, and a server answers it or
 * says why not. Every call has to end in one of the outcomes. Thread-safe.
 */
final class DemoCalls {
  static final String CLIENT = "quote-client";
  static final String SERVER = "quote-server";
  static final String TYPE = "quote";

  private static final int MOST = 200;
  private static final int SLOTS = 16;
  private static final int LARGEST_QUANTITY = 5;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Beyond the timeout a call that has no outcome is lost. */
  private static final Duration LATEST = TIMEOUT.plusSeconds(5);

  private final RequestClient client;
  private final AtomicLong asked = new AtomicLong();
  private final List<Asked> calls = new CopyOnWriteArrayList<>();

  /** A question. */
  record Query(String order, int quantity, long cents) {}

  /** Its answer: the price of one piece. */
  record Quote(String order, long each) {}

  private record Asked(String order, CompletableFuture<Reply<Quote>> reply) {}

  /** Serves and asks on the stream of orders. */
  DemoCalls(StreamManager streams, String stream) {
    RequestServer server = streams.createRequestServer(SERVER, stream, SLOTS);
    server.onRequest(TYPE, TypeRef.of(Query.class), DemoCalls::quote);
    server.start();
    this.client = streams.createRequestClient(CLIENT, stream);
  }

  private static Quote quote(Query query) {
    if (query.quantity() > LARGEST_QUANTITY) {
      throw new RemoteFailedException(
          "TOO_MANY", query.quantity() + " pieces, at most " + LARGEST_QUANTITY + " are quoted");
    }
    return new Quote(query.order(), query.cents() / query.quantity());
  }

  /** Asks for a quote, unless there were enough. Does not wait. */
  void placed(Order order) {
    if (asked.incrementAndGet() > MOST) {
      return;
    }
    var query = new Query(order.id(), order.quantity(), order.cents());
    CompletableFuture<Reply<Quote>> reply;
    try {
      reply = client.callAsync(TYPE, query, TypeRef.of(Quote.class), TIMEOUT, SendOptions.none());
    } catch (BrokerException atOnce) {
      reply = CompletableFuture.completedFuture(new Reply.NotStarted<>(atOnce.toString()));
    }
    calls.add(new Asked(order.id(), reply));
  }

  /** Waits for the outcome of each call and counts them. */
  CallCount await() throws InterruptedException {
    long until = System.nanoTime() + LATEST.toNanos();
    var count = CallCount.none();
    for (Asked call : calls) {
      count = count.with(reply(call, until), call.order());
    }
    return count;
  }

  private static @Nullable Reply<Quote> reply(Asked call, long until) throws InterruptedException {
    try {
      return call.reply().get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException lost) {
      return null;
    } catch (ExecutionException failed) {
      return null;
    }
  }
}
