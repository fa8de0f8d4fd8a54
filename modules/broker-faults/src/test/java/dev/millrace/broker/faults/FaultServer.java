package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A server of requests in a process of its own; it tells each step of a handler. */
final class FaultServer {
  /** The type of its requests. */
  static final String TYPE = "ASK";

  private FaultServer() {}

  /**
   * What is asked.
   *
   * @param id tells it from others
   * @param millis how long its handler takes after the effect
   */
  record Ask(String id, long millis) {}

  public static void main(String[] args) {
    Options with = Options.of(args);
    try (Broker broker =
        Broker.connect(
            with.text("url"),
            b ->
                b.appName("faults").stream(FaultWorker.STREAM)
                    .maxRequests(with.number("slots", 8))
                    .lease(with.millis("lease", 1_000))
                    .shutdownDeadline(with.millis("deadline", 5_000)))) {
      broker.onRequest(TYPE, Ask.class, FaultServer::handle);
      broker.start();
      tell("ready");
      broker.run();
    }
    tell("drained");
  }

  static String handle(Ask ask) throws InterruptedException {
    tell("effect " + ask.id());
    try {
      pass(ask.millis());
    } catch (InterruptedException cut) {
      tell("cut " + ask.id());
      throw cut;
    }
    tell("end " + ask.id());
    return "done " + ask.id();
  }

  /** Work that takes its time and can be interrupted. */
  static void pass(long millis) throws InterruptedException {
    if (new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("nobody opens it");
    }
  }

  private static void tell(String line) {
    System.out.println(line);
  }
}
