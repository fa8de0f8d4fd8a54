package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.faults.FaultServer.Ask;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Calls at a rate, many under way at once, and writes down what became of each and how soon. */
final class CallLoad implements AutoCloseable {
  /** Ends that are not the four outcomes, such as an exception, have their text here. */
  private static final String UNTYPED = "untyped";

  private final Broker client;
  private final Duration timeout;
  private final Function<Integer, Ask> asks;
  private final long gapMicros;
  private final List<Ended> ended = new CopyOnWriteArrayList<>();
  private final AtomicInteger begun = new AtomicInteger();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /**
   * A call that is over.
   *
   * @param id of its question
   * @param outcome the name of the type of its reply
   * @param answer what it was answered; empty: nothing
   * @param millis how long it took
   */
  record Ended(String id, String outcome, String answer, long millis) {}

  CallLoad(Broker client, int perSecond, Duration timeout, Function<Integer, Ask> asks) {
    this.client = client;
    this.timeout = timeout;
    this.asks = asks;
    this.gapMicros = 1_000_000L / perSecond;
    this.thread = Thread.ofVirtual().name("calls").start(this::run);
  }

  private void run() {
    try {
      while (!stop.await(gapMicros, TimeUnit.MICROSECONDS)) {
        call(asks.apply(begun.getAndIncrement()));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void call(Ask ask) {
    long from = System.nanoTime();
    CompletableFuture<Reply<String>> call =
        client.callAsync(
            FaultServer.TYPE, ask, String.class, timeout, SendOptions.none().id(ask.id()));
    var unused =
        call.whenComplete(
            (reply, error) -> {
              long took = Duration.ofNanos(System.nanoTime() - from).toMillis();
              ended.add(
                  error == null
                      ? new Ended(ask.id(), reply.getClass().getSimpleName(), answer(reply), took)
                      : new Ended(ask.id(), UNTYPED, error.toString(), took));
            });
  }

  private static String answer(Reply<String> reply) {
    return reply instanceof Reply.Ok<String>(String value) ? value : "";
  }

  int begun() {
    return begun.get();
  }

  List<Ended> ended() {
    return List.copyOf(ended);
  }

  long count(String outcome) {
    return ended.stream().filter(each -> each.outcome().equals(outcome)).count();
  }

  long ok() {
    return count("Ok");
  }

  /** Begins none any more. */
  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends without one of the four outcomes, answers to another question, and ends too late. */
  List<Ended> faults(Duration atMost) {
    return ended.stream()
        .filter(
            each ->
                each.outcome().equals(UNTYPED)
                    || (each.outcome().equals("Ok") && !each.answer().equals("done " + each.id()))
                    || each.millis() > atMost.toMillis())
        .toList();
  }
}
